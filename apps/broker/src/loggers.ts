import { type Loggers, ROOT_LOGGER } from '@weirhouse/broker-core';

/** What can be told and set of a logger: pino's levels. */
export interface LeveledLog {
  level: string;
}

/** Pino's level that writes nothing, in Kafka's words. */
const SILENT = { pino: 'silent', kafka: 'OFF' } as const;

/** The one logger of this process as administrators see it. */
export function processLoggers(log: LeveledLog): Loggers {
  return {
    levels: () => {
      const level = log.level === SILENT.pino ? SILENT.kafka : log.level.toUpperCase();
      return new Map([[ROOT_LOGGER, level]]);
    },
    setLevel: (_, level) => {
      log.level = level.toLowerCase();
    },
  };
}
