import type { ScramCrypto, ScramHash } from '@weirhouse/broker-metadata';
import type { AuthenticationResult } from './sasl/sasl-session.ts';
import type { Clock, Log, Random, Timers } from '@weirhouse/shared-kernel';

import type { Loggers } from './loggers.ts';

/** Cryptography as a port: the process hands in the platform's own. */
export interface CryptoPort extends ScramCrypto {
  /** PBKDF2 off the event loop; `done` runs later, in the loop. */
  pbkdf2(request: Pbkdf2Request, done: (error: Error | undefined, key?: Buffer) => void): void;
}

/** The inputs of PBKDF2; `length` in bytes. */
export interface Pbkdf2Request {
  readonly password: string;
  readonly salt: Buffer;
  readonly iterations: number;
  readonly length: number;
  readonly hash: ScramHash;
}

/** A request that was answered, with where its time went. */
export interface AnsweredCall {
  readonly apiKey: number;
  readonly version: number;
  readonly client: {
    readonly caller: { readonly principal: string; readonly host: string };
    readonly clientId: string | null;
    readonly listenerName: string;
  };
  /** The first error in the answer, 0 for none. */
  readonly errorCode: number;
  /** Bytes of the request without the length prefix. */
  readonly bytes: number;
  /** From its arrival to its start: earlier requests of the connection, room for records, quotas. */
  readonly queuedMs: number;
  /** Time of the event loop that its handler took. */
  readonly busyMs: number;
  /** From its start to its answer: `busyMs`, and waiting for disks, records or members. */
  readonly takenMs: number;
}

/** Where the broker reports what it does; every call must be cheap. */
export interface Probe {
  /** A request was taken from a connection; `bytes` without the length prefix. */
  onRequest(apiKey: number, version: number, bytes: number): void;
  onResponse(call: AnsweredCall): void;
  onConnection(change: 1 | -1): void;
  /** A client is held back for a quota of this key. */
  onThrottled(quotaKey: string, throttleMs: number): void;
  /** A login has ended, the first of a connection or a repeated one; `other` for mechanisms not offered. */
  onAuthentication(mechanism: string, result: AuthenticationResult): void;
  /** A connection is closed because it went on after the end of its session (KIP-368). */
  onSessionExpired(): void;
  /** Record bytes that were appended for a client. */
  onProduced(topicName: string, bytes: number): void;
  /** Record bytes that were handed to a client. */
  onFetched(topicName: string, bytes: number): void;
}

/** A probe that measures nothing. */
export const SILENT_PROBE: Probe = {
  onRequest: () => {},
  onResponse: () => {},
  onConnection: () => {},
  onAuthentication: () => {},
  onThrottled: () => {},
  onSessionExpired: () => {},
  onProduced: () => {},
  onFetched: () => {},
};

/** Everything of the outside world that the broker uses. */
export interface BrokerPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: Timers;
  readonly crypto: CryptoPort;
  readonly log: Log;
  readonly loggers: Loggers;
  readonly probe: Probe;
  /** Runs `callback` once at the end of this turn of the event loop (setImmediate). */
  readonly afterTurn: (callback: () => void) => void;
}

/** One socket, as the broker sees it. The shell implements it. */
export interface ConnectionPort {
  /** Closes the socket now; unsent answers are dropped. */
  close(): void;
  /** Closes the socket when the client has what was answered; nothing of it is handed over any more. */
  end(): void;
  /** Stops or resumes reading. While stopped the shell may still hand over frames it has already read. */
  setReading(enabled: boolean): void;
}

/** An answer to one frame. */
export interface Reply {
  /** The bytes to send, the length prefix included; slices may borrow memory until `onSent`. */
  readonly chunks: readonly Buffer[];
  /** The shell calls it exactly once: when the bytes have left, or when they were dropped with the socket. */
  readonly onSent?: () => void;
  /** The connection ends when the bytes have left. */
  readonly closeAfter?: boolean;
}
