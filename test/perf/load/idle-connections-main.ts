// Opens N connections that say nothing and keeps them until it is ended: `idle-connections-main.ts host port N`.
import { connect } from 'node:net';

/** Connections that are being opened at a time, so that no accept queue overflows. */
const OPENING_MAX = 200;

const [host = '', port = '', count = ''] = process.argv.slice(2);
let started = 0;
let open = 0;

function openNext(): void {
  if (started >= Number(count)) return;
  started++;
  const socket = connect(Number(port), host, () => {
    open++;
    if (open === Number(count)) process.stdout.write(`open ${open}\n`);
    openNext();
  });
  socket.on('error', fail);
  socket.on('close', fail);
}

function fail(error: unknown): void {
  process.stderr.write(`a connection was lost after ${open}: ${String(error)}\n`);
  process.exit(1);
}

for (let at = 0; at < OPENING_MAX; at++) openNext();
