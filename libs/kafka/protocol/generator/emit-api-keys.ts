import { HEADER } from './emit-message.ts';
import type { Message } from './schema.ts';

/** The table of API keys: what Kafka's own request schemas say, nothing computed. */
export function emitApiKeys(messages: readonly Message[]): string {
  const requests = messages
    .filter((message) => message.kind === 'request')
    .toSorted((left, right) => left.apiKey - right.apiKey);
  const rows = requests.map((message) => {
    const { apiKey, versions, flexible, listeners, latestUnstable } = message;
    const stable = latestUnstable ? versions.max - 1 : versions.max;
    return `  { apiKey: ${apiKey}, name: '${apiName(message)}', minVersion: ${versions.min}, maxVersion: ${
      versions.max
    }, stableMaxVersion: ${stable}, flexibleFrom: ${flexible?.min ?? 'NEVER_FLEXIBLE'}, listeners: [${listeners
      .map((listener) => `'${listener}'`)
      .join(', ')}] },`;
  });
  return `${HEADER}
import { NEVER_FLEXIBLE } from '../primitives/types.ts';

/** One API of Kafka 4.3.1: its request and response share these versions. */
export interface ApiInfo {
  readonly apiKey: number;
  readonly name: string;
  readonly minVersion: number;
  readonly maxVersion: number;
  /** Below \`maxVersion\` where the schema marks the latest version as unstable. */
  readonly stableMaxVersion: number;
  /** The first flexible version (KIP-482), or NEVER_FLEXIBLE. */
  readonly flexibleFrom: number;
  /** Who serves it: 'broker', 'controller' or both. */
  readonly listeners: readonly string[];
}

/** API keys by name. */
export const ApiKey = {
${requests.map((message) => `  ${apiName(message)}: ${message.apiKey},`).join('\n')}
} as const;

/** Every API that still has a valid version, in key order. */
export const API_INFOS: readonly ApiInfo[] = [
${rows.join('\n')}
];
`;
}

function apiName(message: Message): string {
  return message.name.replace(/Request$/, '');
}
