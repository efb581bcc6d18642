import { ConfigOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';

/** The loggers of the process. Their levels are not kept: a restart begins with the configured ones. */
export interface Loggers {
  /** Levels by logger name, in Kafka's words. */
  levels(): ReadonlyMap<string, string>;
  setLevel(name: string, level: string): void;
}

/** The levels that administrators may set, in Kafka's words. */
const LOG_LEVELS: readonly string[] = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

/** The logger that all others take their level from. */
export const ROOT_LOGGER = 'root';

interface LoggerChange {
  readonly name: string;
  readonly configOperation: number;
  readonly value: string | null;
}

/** What a request wants of the loggers of one broker. */
export interface LoggerAlteration {
  readonly resourceName: string;
  readonly configs: readonly LoggerChange[];
}

/** How a request ended, as responses carry it. */
export interface LoggerOutcome {
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

const DONE: LoggerOutcome = { errorCode: KafkaError.NONE, errorMessage: null };

/**
 * Sets levels of this broker's loggers (KIP-412), all or none. Errors: 40 no such logger or level, 42
 * another broker, another operation than set, or taking away the level that all depend on.
 */
export function alterLoggers(
  loggers: Loggers,
  alteration: LoggerAlteration,
  options: { readonly nodeId: number; readonly validateOnly: boolean },
): LoggerOutcome {
  const { configs, resourceName } = alteration;
  if (resourceName !== String(options.nodeId))
    return invalidRequest(
      `These are the loggers of broker ${options.nodeId}, not of "${resourceName}".`,
    );
  for (const change of configs) {
    const fault = findFault(loggers, change);
    if (fault !== undefined) return fault;
  }
  if (options.validateOnly) return DONE;
  for (const { name, value } of configs) loggers.setLevel(name, value ?? '');
  return DONE;
}

function findFault(
  loggers: Loggers,
  { configOperation, name, value }: LoggerChange,
): LoggerOutcome | undefined {
  if (configOperation === ConfigOperation.DELETE && name === ROOT_LOGGER)
    return invalidRequest('The level of the root logger cannot be removed.');
  const isSet = configOperation === ConfigOperation.SET;
  if (!isSet && configOperation !== ConfigOperation.DELETE)
    return invalidRequest('The level of a logger can only be set.');
  if (!loggers.levels().has(name)) return invalidConfig(`There is no logger ${name}.`);
  if (value !== null && LOG_LEVELS.includes(value)) return undefined;
  return invalidConfig(`A level is one of ${LOG_LEVELS.join(', ')}.`);
}

function invalidRequest(errorMessage: string): LoggerOutcome {
  return { errorCode: KafkaError.INVALID_REQUEST, errorMessage };
}

function invalidConfig(errorMessage: string): LoggerOutcome {
  return { errorCode: KafkaError.INVALID_CONFIG, errorMessage };
}
