import { connect, type Socket } from 'node:net';
import { waitFor } from './wait.ts';

export interface WireClientOptions {
  /** The client's own address, e.g. 127.0.0.2; the system's choice when absent. */
  readonly from?: string;
}

/** A bare connection that speaks length-prefixed frames and nothing of Kafka. */
export interface WireClient {
  readonly socket: Socket;
  /** Frames received so far, without their lengths. */
  readonly frames: readonly Buffer[];
  /** How the server ended the connection, if it has. */
  readonly ending: 'closed' | 'reset' | undefined;
  /** Sends any bytes. */
  write(bytes: Buffer): void;
  /** Stops taking what the server sends, so that it piles up there. */
  stopReading(): void;
  goOnReading(): void;
  waitForFrames(count: number, deadlineMs?: number): Promise<readonly Buffer[]>;
  waitForEnd(deadlineMs?: number): Promise<'closed' | 'reset'>;
  /** Goes away in order. */
  readonly close: () => void;
  /** Goes away without a goodbye (RST). */
  readonly reset: () => void;
}

/** Connects to `host:port`. */
export async function connectWire(
  address: string,
  options: WireClientOptions = {},
): Promise<WireClient> {
  const [host = '', port = ''] = address.split(':');
  const socket = connect({
    host,
    port: Number(port),
    noDelay: true,
    allowHalfOpen: true,
    ...(options.from !== undefined && { localAddress: options.from }),
  });
  const frames: Buffer[] = [];
  let ending: 'closed' | 'reset' | undefined;
  const cutter = frameCutter(frames);
  socket.on('data', cutter);
  socket.on('end', () => {
    ending ??= 'closed';
  });
  socket.on('error', () => {
    ending ??= 'reset';
  });
  await waitFor('the connection', () => !socket.connecting || ending !== undefined);
  return {
    socket,
    frames,
    get ending() {
      return ending;
    },
    write: (bytes) => void socket.write(bytes),
    stopReading: () => void socket.pause(),
    goOnReading: () => void socket.resume(),
    waitForFrames: (count, deadlineMs) =>
      waitFor(
        `${count} frames`,
        () => {
          if (frames.length >= count) return frames;
          if (ending !== undefined) throw new Error(`${ending} after ${frames.length} frames`);
          return undefined;
        },
        deadlineMs,
      ),
    waitForEnd: (deadlineMs) => waitFor('the server to close', () => ending, deadlineMs),
    close: () => void socket.destroy(),
    reset: () => void socket.resetAndDestroy(),
  };
}

function frameCutter(frames: Buffer[]): (chunk: Buffer) => void {
  let pieces: Buffer[] = [];
  let bytes = 0;
  return (chunk) => {
    pieces.push(chunk);
    bytes += chunk.length;
    const first = pieces[0] as Buffer;
    if (bytes < 4 || (first.length >= 4 && bytes < 4 + first.readUInt32BE(0))) return;
    let rest = Buffer.concat(pieces);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
      const end = 4 + rest.readUInt32BE(0);
      frames.push(rest.subarray(4, end));
      rest = rest.subarray(end);
    }
    pieces = rest.length === 0 ? [] : [rest];
    bytes = rest.length;
  };
}
