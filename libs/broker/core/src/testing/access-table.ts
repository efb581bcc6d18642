import type { AccessRow } from './access-row.ts';
import { CLUSTER_ROWS } from './access-rows-cluster.ts';
import { OPERATOR_ROWS } from './access-rows-operators.ts';
import { GROUP_ROWS } from './access-rows-groups.ts';
import { TOPIC_ROWS } from './access-rows-topics.ts';
import { TRANSACTION_ROWS } from './access-rows-transactions.ts';

/** Who may call what, API by API. A handler without a row here, or an entry below, fails a test. */
export const ACCESS_TABLE: readonly AccessRow[] = [
  ...TOPIC_ROWS,
  ...GROUP_ROWS,
  ...CLUSTER_ROWS,
  ...OPERATOR_ROWS,
  ...TRANSACTION_ROWS,
];

/** APIs that refuse nobody, and why that is right. */
export const OPEN_APIS: ReadonlyMap<number, string> = new Map([
  [16, 'ListGroups shows only groups that may be described'],
  [66, 'ListTransactions shows only transactional ids that may be described'],
  [17, 'SaslHandshake comes before there is a caller'],
  [18, 'ApiVersions comes before there is a caller'],
  [36, 'SaslAuthenticate makes the caller'],
  [60, 'DescribeCluster tells the operations only to who may describe the cluster'],
]);
