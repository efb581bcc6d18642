import type { BrokerReport, Usage, UsageRow } from './usage.ts';

/** What is remembered of a broker's last report: the counters that were metered already. */
export interface BrokerMemory {
  readonly incarnationId: string;
  /** By series; those of the process as a whole by name. */
  readonly counters: Readonly<Record<string, readonly number[]>>;
}

/** A report in terms of what was not metered before. */
export interface Metered {
  /** To be kept together with the usage, in one transaction: neither counts without the other. */
  readonly memory: BrokerMemory;
  readonly usage: Usage;
}

const USER = 'User:';

/**
 * What was used since the report that `memory` is of. Counters of a new process begin at 0, and so do series
 * that were not there: what a broker counted after its last report and took along in its death is lost, and
 * nothing else. The same report again is no usage. `platform` is left out: its use is not the tenant's.
 */
export function meter(
  memory: BrokerMemory | undefined,
  report: BrokerReport,
  platform: string,
): Metered {
  const known = memory?.incarnationId === report.incarnationId ? memory.counters : {};
  const counters: Record<string, readonly number[]> = {};
  const grown = (series: number | string, values: readonly number[]): readonly number[] => {
    const before = known[series] ?? [];
    counters[series] = values;
    return values.map((value, at) => Math.max(0, value - (before[at] ?? 0)));
  };
  const isTenant = ({ principal }: { readonly principal: string }): boolean =>
    principal !== `${USER}${platform}`;

  const traffic = report.traffic.filter(isTenant).map((each) => {
    const { receivedBytes, receivedRecords, sentBytes, sentRecords } = each;
    const growth = grown(each.series, [receivedBytes, receivedRecords, sentBytes, sentRecords]);
    return names(nameOf(each.principal), each.topic).concat(growth);
  });
  const requests = report.requests.filter(isTenant).map((each) => {
    const { requestBytes, responseBytes, responses } = each;
    const growth = grown(each.series, [each.requests, responses, requestBytes, responseBytes]);
    return names(nameOf(each.principal), each.api).concat(growth);
  });
  const principals = report.principals.filter(isTenant).map((each) => {
    const growth = grown(each.series, [each.authentications]);
    return names(nameOf(each.principal)).concat(each.connections, growth);
  });
  const { busyMs, idleMs } = report.load;
  const ofProcess = grown('process', [report.failedAuthentications, busyMs, idleMs]);
  const partitions = report.topics.reduce((sum, topic) => sum + topic.partitions, 0);
  return {
    memory: { incarnationId: report.incarnationId, counters },
    usage: {
      traffic: traffic.filter(hasNumbers),
      requests: requests.filter(hasNumbers),
      principals: principals.filter(hasNumbers),
      topics: report.topics.map((each) => [each.topic, each.partitions, each.retainedBytes]),
      lags: report.lags.map(({ group, lag, partition, topic }) => {
        return [group, topic, String(partition), lag];
      }),
      totals: [[report.connections, partitions, ...ofProcess, 0]],
    },
  };
}

function hasNumbers(row: UsageRow): boolean {
  return row.some((value) => typeof value === 'number' && value > 0);
}

function names(...texts: readonly string[]): (string | number)[] {
  return [...texts];
}

/** `u-a` of `User:u-a`. */
function nameOf(principal: string): string {
  return principal.startsWith(USER) ? principal.slice(USER.length) : principal;
}
