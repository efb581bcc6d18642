// A stand-in for the broker in the provisioner's tests: it honours the contract of the files, the
// admin endpoints, the signals and the exit codes, and serves no Kafka.
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';

const flags = new Set(process.argv);
const config = JSON.parse(fs.readFileSync(process.argv[process.argv.indexOf('--config') + 1]));
const exitFlag = process.argv.find((argument) => argument.startsWith('--exit='));
if (exitFlag) process.exit(Number(exitFlag.slice('--exit='.length)));

const incarnationId = randomUUID();
const identity = { clusterId: config['cluster.id'], nodeId: config['node.id'], incarnationId };

const admin = http.createServer((request, response) => {
  const ready = !flags.has('--never-ready');
  response.writeHead(ready ? 200 : 503, { 'content-type': 'application/json' });
  if (flags.has('--mute')) return;
  const limits = JSON.parse(fs.readFileSync(config['limits.file']));
  response.end(JSON.stringify({ ...identity, ready, limits }));
});
const kafka = net.createServer();

function address(text) {
  const [host, port] = text.replace(/^.*:\/\//, '').split(':');
  return { host, port: Number(port) };
}

function becomeReady() {
  const stat = fs.readFileSync('/proc/self/stat', 'latin1');
  const run = {
    ...identity,
    pid: process.pid,
    startedAtMs: Date.now(),
    processStartTicks: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]),
    listeners: { SASL_PLAINTEXT: address(config.listeners) },
    adminUrl: `http://${config['admin.listener']}`,
  };
  fs.writeFileSync(`${config['run.file']}.draft`, JSON.stringify(run));
  fs.renameSync(`${config['run.file']}.draft`, config['run.file']);
}

process.on('SIGTERM', () => {
  if (!flags.has('--ignore-sigterm')) process.exit(0);
});
process.stdout.write(`environment ${Object.keys(process.env).toSorted().join(',')}\n`);
fs.appendFileSync(`${config['log.dir']}/starts`, `${process.pid}\n`);
kafka.listen(address(config.listeners), () =>
  admin.listen(address(config['admin.listener']), () => becomeReady()),
);
