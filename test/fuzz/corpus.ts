import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { API_INFOS } from '@weirhouse/kafka-protocol';
import { checkout } from '@weirhouse/testing-harness';

/** What the attacks are made of: whole valid requests and record batches, made by Apache Kafka. */
export interface Corpus {
  /** Frames without their length, at least one for each version of each request. */
  readonly requests: readonly Buffer[];
  /** Frames of Produce requests: what they carry is looked at most closely. */
  readonly produces: readonly Buffer[];
  readonly batches: readonly Buffer[];
  /** Names of topics in the requests: where these exist, requests get further. */
  readonly topics: readonly string[];
}

interface Vector {
  readonly version: number;
  readonly json: unknown;
  readonly hex: string;
}

const NAME_KEYS = new Set(['topic', 'topicName', 'name']);
const TOPIC_NAME = /^[a-zA-Z0-9._-]{1,40}$/;
/** Topics to make before the attack: enough for requests to get somewhere, few enough to be quick. */
const TOPICS_MAX = 40;

/** Reads the vectors that the protocol's own tests use. */
export function loadCorpus(): Corpus {
  const { vectors } = read('vectors.json.gz') as {
    vectors: Readonly<Record<string, readonly Vector[]>>;
  };
  const { recordBatches } = read('records.json.gz') as {
    recordBatches: readonly { readonly hex: string }[];
  };
  const requests: Buffer[] = [];
  const produces: Buffer[] = [];
  const topics = new Set<string>();
  for (const { apiKey, flexibleFrom, name } of API_INFOS) {
    for (const { hex, json, version } of vectors[`${name}Request`] ?? []) {
      const frame = requestFrame(apiKey, version, version >= flexibleFrom, Buffer.from(hex, 'hex'));
      requests.push(frame);
      if (apiKey === 0) produces.push(frame);
      collectNames(json, topics);
    }
  }
  return {
    requests,
    produces,
    batches: recordBatches.map(({ hex }) => Buffer.from(hex, 'hex')),
    topics: [...topics].slice(0, TOPICS_MAX),
  };
}

function read(name: string): unknown {
  const path = join(checkout, 'libs/kafka/protocol/golden', name);
  return JSON.parse(gunzipSync(readFileSync(path)).toString('utf8'));
}

/** A request with header v1 or v2; SaslHandshake and others of old have the former in all versions. */
function requestFrame(key: number, version: number, isFlexible: boolean, body: Buffer): Buffer {
  const clientId = Buffer.from('fuzz');
  const header = Buffer.alloc(10 + clientId.length + (isFlexible ? 1 : 0));
  header.writeInt16BE(key, 0);
  header.writeInt16BE(version, 2);
  header.writeInt32BE(7, 4);
  header.writeInt16BE(clientId.length, 8);
  clientId.copy(header, 10);
  return Buffer.concat([header, body]);
}

function collectNames(json: unknown, names: Set<string>): void {
  if (Array.isArray(json)) for (const element of json) collectNames(element, names);
  if (typeof json !== 'object' || json === null) return;
  for (const [key, value] of Object.entries(json)) {
    if (NAME_KEYS.has(key) && typeof value === 'string' && TOPIC_NAME.test(value)) names.add(value);
    else collectNames(value, names);
  }
}
