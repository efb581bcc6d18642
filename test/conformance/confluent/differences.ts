// What differs from the published contract on purpose, and why. A difference that is not here fails the tests; so does
// an entry that nothing needs any more.
import type { Difference } from './compare.ts';

/** A set of differences with one reason. */
export interface Purpose {
  /** Operations by name; all without. */
  readonly operations?: RegExp;
  /** Places as `Difference` names them. */
  readonly place: RegExp;
  readonly what?: RegExp;
  readonly reason: string;
}

const MISSING = /^missing$/u;

/** Differences with their reasons. */
export const PURPOSES: readonly Purpose[] = [
  {
    place: /metadata\.deleted_at$/u,
    what: MISSING,
    reason: 'what is deleted is gone and answers 404, so nothing has a time of deletion',
  },
  {
    place: /^response metadata\.(?:last|prev)$/u,
    what: MISSING,
    reason: 'pages are read forward: clients look at `next` only',
  },
  {
    place: /\.(?:related|resource_name)$/u,
    what: /^optional$/u,
    reason: 'references hold `id` always and links where there is something to read',
  },
  {
    place: /^response .*\.(?:api_version|kind|environment)$/u,
    what: /^more$/u,
    reason: 'references also say what kind of thing they point to',
  },
  {
    place: /^request .*(?:environment|network|owner|cluster)\.environment$/u,
    what: MISSING,
    reason: 'an id is enough to find what a reference points to',
  },
  {
    place: /^(?:request|response) (?:data\[\]\.)?spec\.resources$/u,
    what: MISSING,
    operations: /ApiKey/u,
    reason: 'a key is for one resource, `resource`',
  },
  {
    place: /^request spec\.(?:owner|resource)\.(?:kind|api_version)$/u,
    what: /^more$/u,
    operations: /ApiKey/u,
    reason: 'the kind of the owner or resource may be given and is checked',
  },
  {
    place: /^request stream_governance_config$/u,
    what: MISSING,
    reason: 'refused with 422 until there is a Schema Registry, which clients would wait for',
  },
  {
    place: /^response (?:data\[\]\.)?keys\[\]\.kty$/u,
    reason: 'keys of an issuer are shown as it publishes them, whatever their type',
  },
  {
    place: /authorized_operations\[\]$/u,
    reason: 'operations have the names that ACLs have',
  },
  {
    place: /^request (?:key|value)\.type$/u,
    what: /^required$/u,
    operations: /^produceRecord$/u,
    reason: 'without a Schema Registry nothing but `type` says how a key or value is written',
  },
  {
    place: /^response meta(?:$|\.)/u,
    what: /^more$/u,
    operations: /\/query$/u,
    reason: 'points beyond the limit are had by pages, whose token stands where lists have it',
  },
  {
    place: /^response data\[\]\.(?:line_type|network_access_type|product)$/u,
    what: /^without /u,
    operations: /^listBillingV1Costs$/u,
    reason: 'only Kafka clusters are metered, and all are reached over the internet',
  },
  {
    place: /^request jit_enabled$/u,
    reason: 'only `false`: nobody becomes a user by signing in, people are invited',
  },
  {
    place: /^response data\[\]/u,
    operations: /^listSrcmV3Clusters$/u,
    reason: 'always empty: there is no Schema Registry yet',
  },
  {
    place: /^response data\[\]\.private_http_endpoint$/u,
    what: MISSING,
    operations: /^listFcpmV2Regions$/u,
    reason: 'regions have no private endpoint',
  },
  {
    place: /^request spec\.environment$/u,
    what: /^required$/u,
    operations: /updateCmkV2Cluster/u,
    reason: 'a change names the environment that the cluster lies in',
  },
  {
    place: /^parameter query assigned_resource_owner$/u,
    what: MISSING,
    reason: 'who makes a service account does not own it: roles say who may use it',
  },
  {
    place: /^parameter query /u,
    what: /^fewer values$/u,
    reason: 'a filter by a value that does not exist is refused with 400',
  },
];

/** What answers hold on purpose that no description of ours can show. */
export const ANSWER_PURPOSES: readonly Purpose[] = [
  {
    place: /^response data\[\]\.(?:metric|resource)\./u,
    what: /^more$/u,
    operations: /\/query$/u,
    reason: 'a point says which group it is of by fields that the question names',
  },
  {
    place: /\.resource\.(?:related|resource_name)$/u,
    what: /^no uri: "(?:cloud|global)"$/u,
    operations: /ApiKey/u,
    reason: 'clients look for these very words in a key that is for no cluster',
  },
  {
    place: /^status 403$/u,
    what: /^more$/u,
    operations: /^listKafkaDefaultTopicConfigs$/u,
    reason: 'who may not read settings is told so, which the description does not list',
  },
];

/** Operations that are not offered, and what to do instead. */
export const NOT_OFFERED: readonly {
  readonly path: RegExp;
  readonly reason: string;
}[] = [
  {
    path: /^\/kafka\/v3\/clusters\/\{[^}]+\}\/(?:links|topics\/-\/mirrors)/u,
    reason: 'cluster links are not offered',
  },
  { path: /\/share-groups/u, reason: 'share groups are not served by the brokers' },
  { path: /\/streams-groups/u, reason: 'streams groups are not served by the brokers' },
  { path: /^\/fcpm\/v2\/compute-pool/u, reason: 'Flink is not offered' },
  { path: /^\/srcm\/v3\/clusters\/\{id\}/u, reason: 'there is no Schema Registry yet' },
];

/** The purpose of a difference, or undefined when nobody meant it. */
export function findPurpose(operation: string, difference: Difference): Purpose | undefined {
  return findIn(PURPOSES, operation, difference);
}

/** The same of a difference that an answer showed. */
export function findAnswerPurpose(operation: string, difference: Difference): Purpose | undefined {
  return findIn([...PURPOSES, ...ANSWER_PURPOSES], operation, difference);
}

function findIn(
  purposes: readonly Purpose[],
  operation: string,
  difference: Difference,
): Purpose | undefined {
  return purposes.find(
    ({ operations, place, what }) =>
      (operations?.test(operation) ?? true) &&
      place.test(difference.place) &&
      (what?.test(difference.what) ?? true),
  );
}
