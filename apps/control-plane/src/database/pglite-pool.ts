import { Duplex } from 'node:stream';
import { callbackify } from 'node:util';
import type { PGlite } from '@electric-sql/pglite';
import type { Pool } from 'pg';

/** First byte of a simple query (Postgres's manual, "Message Formats"). */
const SIMPLE_QUERY = 0x51;

/** What a connection begins with: nothing of the one before it in the same session is left. */
const FRESH_SESSION = [
  'ROLLBACK',
  'DISCARD ALL',
  // The adapter drops offsets from timestamps: they are right in UTC only.
  `SET TIME ZONE 'UTC'`,
  // Nothing collects statistics here, so a plan made while a table was small would read all of it for ever.
  'SET enable_seqscan = off',
];

/**
 * The embedded database behind the driver of the real one. Its own `query` asks the engine six times for each
 * statement and plans each anew; here all messages of a statement go in at once, and named statements are planned
 * once. It has one session, so the pool has one connection: who waits for it waits in the pool.
 */
export async function openPglitePool(client: PGlite): Promise<Pool> {
  const { default: pg } = await import('pg');
  return new pg.Pool({
    user: 'postgres',
    database: 'postgres',
    max: 1,
    idleTimeoutMillis: 0,
    stream: () => streamOver(client),
  });
}

/** A stream that stands in for a socket: what is written are protocol messages, what is read the answers. */
function streamOver(client: PGlite): Duplex {
  const answer = (messages: Uint8Array): Promise<Buffer> =>
    client.runExclusive(async () => {
      const parts: Buffer[] = [];
      await client.execProtocolRawStream(messages, {
        // The files are written through; nothing here ever syncs a disk.
        syncToFs: false,
        // The bytes lie in the engine's memory, which it uses again.
        onRawData: (bytes) => void parts.push(Buffer.from(bytes)),
      });
      return Buffer.concat(parts);
    });
  const pass = callbackify(async (messages: Uint8Array): Promise<void> => {
    const bytes = await answer(messages);
    if (bytes.length > 0) stream.push(bytes);
  });
  const stream = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => pass(chunk, done),
    writev: (chunks, done) => pass(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)), done),
    final: (done) => {
      stream.push(null);
      done();
    },
  });
  const connect = async (): Promise<void> => {
    for (const sql of FRESH_SESSION) await answer(simpleQuery(sql));
    stream.emit('connect');
  };
  return Object.assign(stream, {
    connect: (): void => void connect().catch((error: Error) => stream.destroy(error)),
    setNoDelay: () => stream,
    setKeepAlive: () => stream,
    ref: () => stream,
    unref: () => stream,
  });
}

/** Type, length of what follows, text, zero. */
function simpleQuery(sql: string): Buffer {
  const text = Buffer.from(`${sql}\0`);
  const head = Buffer.alloc(5);
  head.writeUInt8(SIMPLE_QUERY);
  head.writeUInt32BE(text.length + 4, 1);
  return Buffer.concat([head, text]);
}
