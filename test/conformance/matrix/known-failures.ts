import type { ClientName } from './clients.ts';
import type { Feature } from './features.ts';
import type { ToolName } from './tools.ts';

const NO_TRANSACTIONS_YET = 'the broker has no transactions yet';
const NO_KIP_848_YET = 'the broker does not speak the KIP-848 protocol yet';

const TRANSACTIONS = {
  'txn-commit': NO_TRANSACTIONS_YET,
  'txn-abort': NO_TRANSACTIONS_YET,
  'txn-offsets': NO_TRANSACTIONS_YET,
  'txn-fencing': NO_TRANSACTIONS_YET,
} as const;

/**
 * Cells that fail today, each with its reason. They stay visible: here, in the test run and in docs/clients.md.
 * One that begins to pass fails the run until its line is removed.
 */
export const KNOWN_FAILURES: Partial<
  Readonly<Record<ClientName, Partial<Readonly<Record<Feature, string>>>>>
> = {
  kafkajs: TRANSACTIONS,
  platformatic: { ...TRANSACTIONS, 'group-consumer': NO_KIP_848_YET },
  'confluent-kafka': { ...TRANSACTIONS, 'group-consumer': NO_KIP_848_YET },
  'kafka-python': TRANSACTIONS,
  'java-4': { ...TRANSACTIONS, 'group-consumer': NO_KIP_848_YET },
  'java-2': TRANSACTIONS,
};

/** The same for Kafka's own tools. */
export const KNOWN_TOOL_FAILURES: Partial<Readonly<Record<ToolName, string>>> = {
  'kafka-transactions': NO_TRANSACTIONS_YET,
  'kafka-streams': NO_TRANSACTIONS_YET,
};
