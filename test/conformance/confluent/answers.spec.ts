// Each operation that is served, asked at the running server: its answers have the published form, and so have its refusals.
import { dialectOfPath } from '@weirhouse/cloud-contract';
import { startTokenIssuer, type TokenIssuer } from '@weirhouse/testing-harness';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Arrangement, Asked, World } from './arrangement.ts';
import { ARRANGEMENTS } from './arrangements.ts';
import type { Answer } from './check-answer.ts';
import { startGroup, type Member } from './consumer-group.ts';
import type { Credential } from './contract-client.ts';
import { ANSWER_PURPOSES } from './differences.ts';
import type { OperationFacts } from './facts.ts';
import { list, useCloud, type ApiKey, type Thing } from './running-cloud.ts';
import { readStates, type OperationState } from './state.ts';
import { wrongBodies } from './wrong-bodies.ts';

/** Making a cluster and asking about it, on a busy machine. */
const ANSWER_MAX_MS = 180_000;

const SERVED = readStates().flatMap(({ name, theirs, ours }) =>
  ours === undefined ? [] : [{ name, theirs }],
);

/** Creations that a second one of the same is a conflict with. */
const UNIQUE: ReadonlySet<string> = new Set([
  'createOrgV2Environment',
  'createIamV2ServiceAccount',
  'createIamV2Invitation',
  'createIamV2RoleBinding',
  'createKafkaQuotasV1ClientQuota',
]);

/** What every caller may know; all other lists show to callers without a role what is their own. */
const KNOWN_TO_ALL: ReadonlySet<string> = new Set([
  'listFcpmV2Regions',
  'listOrgV2Organizations',
  'getOrgV2Organization',
  'getKafkaCluster',
]);

/** Fields that no answer has here, though our description allows them. */
const UNSEEN: readonly RegExp[] = [
  // Networks and keys of one's own for stored data are not offered, and the older endpoint is not given.
  /^cmk_v2 spec\.(?:network|byok|config\.encryption_key|api_endpoint)/u,
  /^org_v2 stream_governance_config/u,
  // Counting would cost a look at everything.
  / metadata\.total_size$/u,
  // References say what kind of thing they point to only where there are several.
  / .+\.(?:environment|api_version|kind)$/u,
  // What comes from the installation has no time of its own, and these lists have one page here.
  /^(?:flink|service-quota)_v\d metadata\.(?:resource_name|created_at|updated_at)$/u,
  /^(?:flink|srcm)_v\d metadata\.next$/u,
  // Nothing of these is limited.
  /^service-quota_v1 (?:user|network|identity_provider|certificate_authority)(?:\.|$)/u,
  // The issuer's keys here are of elliptic curves.
  /^identity-provider_v2 keys\[\]\.[ne]$/u,
  // A record that is refused alone has a status of its own.
  /^kafkarest_v3 message$/u,
];

/** Operations on what need not be there, and what they answer then. */
const ON_NOTHING: Readonly<Record<string, number>> = {
  // Of a topic to come it is what creating it would give.
  listKafkaDefaultTopicConfigs: 200,
  // Brokers know no such setting; one that is not set stays unset.
  updateKafkaClusterConfig: 400,
  deleteKafkaClusterConfig: 204,
};

const running = useCloud({ WEIRHOUSE_ISSUER_NETWORKS: 'any' });
const shared: World['shared'] = new Map();
let issuer: TokenIssuer;
let world: World;
let member: Member;
/** Keys whose owner has no role. */
let weak: { readonly cloud: ApiKey; readonly cluster: ApiKey };

beforeAll(async () => {
  issuer = await startTokenIssuer();
  let names = 0;
  world = {
    ...running,
    shared,
    keysUrl: issuer.keysUrl,
    issuedToken: (claims) => issuer.token({ ...claims }),
    freshName: () => `contract-${++names}`,
  };
  const quickstart = running.quickstart();
  member = await startGroup(quickstart);
  const resource = { id: quickstart.clusterId, kind: 'Cluster' };
  weak = { cloud: await running.makeKey(), cluster: await running.makeKey(resource) };
}, ANSWER_MAX_MS);

afterAll(async () => {
  await member.leave();
  issuer.close();
});

function arrangementOf(name: string): Arrangement {
  const arrangement = ARRANGEMENTS[name];
  if (arrangement === undefined) throw new Error(`${name} is served, and nothing says how to ask`);
  return arrangement;
}

const isKafka = ({ path }: OperationFacts): boolean => path.startsWith('/kafka/');
const isOpen = ({ path }: OperationFacts): boolean => path.startsWith('/sts/');

function ask(
  { method, path }: OperationFacts,
  asked: Asked,
  options: { readonly credential?: Credential | undefined },
): Promise<Answer> {
  const values = [...(asked.path ?? [])];
  const filled = path.replaceAll(/\{[^}]+\}/gu, () => encodeURIComponent(values.shift() ?? ''));
  const query = new URLSearchParams(asked.query).toString();
  const url = query === '' ? filled : `${filled}?${query}`;
  return running.call(method, url, {
    ...options,
    ...(asked.body === undefined ? {} : { body: asked.body }),
  });
}

/** The credential that opens an operation. */
function own(operation: OperationFacts): { readonly credential?: Credential | undefined } {
  const { clusterApiKey: id, clusterApiSecret: secret } = running.quickstart();
  if (isKafka(operation)) return { credential: { id, secret } };
  return isOpen(operation) ? { credential: undefined } : {};
}

/** A list with nothing in it says nothing about items; of registries there are none. */
function isEmptyList({ path, response }: OperationFacts, answer: Answer): boolean {
  const isList = response?.fields['data[]'] !== undefined && !path.startsWith('/srcm/');
  return isList && list(answer).data.length === 0;
}

/** Paths that name a thing; a key of a cluster opens no other cluster, whether or not there is one. */
function namesThings(operation: OperationFacts): boolean {
  return operation.path.split('{').length > (isKafka(operation) ? 2 : 1);
}

/** What a caller without a role got to see that it should not. */
function leakOf(name: string, answer: Answer): unknown {
  if (answer.status === 403 || answer.status === 404 || KNOWN_TO_ALL.has(name)) return undefined;
  const { data } = answer.body as { readonly data?: readonly Partial<Thing>[] };
  return data?.every(({ id }) => id === weak.cloud.id) === true ? undefined : answer.body;
}

/** Whether a body was refused, and its field named where failures can. */
function isRefused(operation: OperationFacts, field: string, answer: Answer): boolean {
  if (dialectOfPath(operation.path) !== 'cloud') return [400, 422].includes(answer.status);
  const { errors } = answer.body as {
    readonly errors?: readonly { readonly source: { readonly pointer?: string } }[];
  };
  const pointer = `/${field.replaceAll('.', '/')}`;
  return answer.status === 422 && errors?.[0]?.source.pointer === pointer;
}

test.each(SERVED)(
  '$name answers as it is published',
  async ({ name, theirs }) => {
    for (const asked of await arrangementOf(name)(world)) {
      const answer = await ask(theirs, asked, own(theirs));
      expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
      expect(isEmptyList(theirs, answer)).toBe(false);
    }
  },
  ANSWER_MAX_MS,
);

test.each(SERVED.filter(({ name }) => UNIQUE.has(name)))(
  '$name refuses to make the same twice',
  async ({ name, theirs }) => {
    const [asked = {}] = await arrangementOf(name)(world);
    expect((await ask(theirs, asked, own(theirs))).status).toBe(theirs.response?.status);
    expect((await ask(theirs, asked, own(theirs))).status).toBe(409);
  },
);

test.each(SERVED.filter(({ theirs }) => !isOpen(theirs)))(
  '$name refuses callers without a key, and those who may not',
  async ({ name, theirs }) => {
    const [asked = {}] = await arrangementOf(name)(world);
    expect((await ask(theirs, asked, { credential: undefined })).status).toBe(401);
    const credential = isKafka(theirs) ? weak.cluster : weak.cloud;
    expect(leakOf(name, await ask(theirs, asked, { credential }))).toBeUndefined();
  },
);

test.each(SERVED.filter(({ theirs }) => namesThings(theirs)))(
  '$name does not find what is not there',
  async ({ name, theirs }) => {
    const [asked = {}] = await arrangementOf(name)(world);
    const path = (asked.path ?? []).map((id, index) =>
      isKafka(theirs) && index === 0 ? id : unknownOf(id),
    );
    const { status } = await ask(theirs, { ...asked, path }, own(theirs));
    expect(status).toBe(ON_NOTHING[name] ?? 404);
  },
);

test.each(SERVED.filter(({ theirs }) => theirs.request !== undefined))(
  '$name refuses bodies that are not as published',
  async ({ name, theirs }) => {
    const [asked = {}] = await arrangementOf(name)(world);
    for (const { body, fault, field } of wrongBodies(theirs, asked.body ?? {})) {
      const answer = await ask(theirs, { ...asked, body }, own(theirs));
      const said = `${field} ${fault}: ${answer.status} ${JSON.stringify(answer.body)}`;
      expect(isRefused(theirs, field, answer), said).toBe(true);
    }
  },
);

test('every answer that differs on purpose did so', () => {
  expect(ANSWER_PURPOSES.filter((purpose) => !running.purposes.has(purpose))).toEqual([]);
});

/** Fields of what an API answers with, in lists as alone. */
function fieldsByApi(fieldsOf: (state: OperationState) => Iterable<string>): ReadonlySet<string> {
  const named = readStates().flatMap((state) =>
    [...fieldsOf(state)].map((field) => `${state.api} ${field.replace(/^data\[\]\.?/u, '')}`),
  );
  return new Set(named);
}

test('every field that an answer may have was in one', () => {
  const described = fieldsByApi(({ ours }) => Object.keys(ours?.response?.fields ?? {}));
  const seen = fieldsByApi(({ name }) => running.seen.get(name) ?? []);
  const unseen = [...described].filter((field) => !seen.has(field));
  expect(unseen.filter((field) => !UNSEEN.some((one) => one.test(field)))).toEqual([]);
  expect(UNSEEN.filter((one) => !unseen.some((field) => one.test(field)))).toEqual([]);
});

test('nothing says how to ask for what is not served', () => {
  const served = new Set(SERVED.map(({ name }) => name));
  expect(Object.keys(ARRANGEMENTS).filter((name) => !served.has(name))).toEqual([]);
});

/** An id in the form of another that nobody has. */
function unknownOf(id: string): string {
  if (/^[A-Z2-7]{16}$/u.test(id)) return 'AAAAAAAAAAAAAAAA';
  if (/^\d+$/u.test(id)) return '99';
  return /^[a-z]+-/u.exec(id)?.[0].concat('none00') ?? 'none';
}
