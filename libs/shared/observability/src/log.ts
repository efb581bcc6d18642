import type { Log } from '@weirhouse/shared-kernel';
import { pino, stdSerializers, type DestinationStream, type Logger } from 'pino';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface LogOptions {
  /** Which process writes: `broker`, `control-plane`. */
  readonly component: string;
  readonly level: LogLevel;
  /** Where lines go; standard error when absent, so that standard output stays for people. */
  readonly destination?: DestinationStream;
  /** Fields of every line, asked for at each: what the present work is done for. */
  readonly fields?: () => Record<string, unknown>;
}

/** JSON lines with ids as fields (pino). Errors are written with their whole cause chain. */
export function createLog(options: LogOptions): Log & Logger {
  return pino(
    {
      base: { component: options.component },
      level: options.level,
      serializers: { error: stdSerializers.err, err: stdSerializers.err },
      ...(options.fields === undefined ? {} : { mixin: options.fields }),
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    options.destination ?? pino.destination({ fd: 2, sync: true }),
  );
}
