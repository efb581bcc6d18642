import type { TestCloud } from '@weirhouse/testing-harness';

/** What the audit log says of one deed. */
export interface AuditLine {
  readonly method: string;
  readonly resource: string;
  readonly principal: string;
  readonly status: string;
}

interface Page {
  readonly metadata: { readonly next?: string };
  readonly data: readonly {
    readonly data: {
      readonly methodName: string;
      readonly resourceName: string;
      readonly authenticationInfo: { readonly principal: string };
      readonly result: { readonly status: string };
    };
  }[];
}

/** The whole audit log, oldest first. */
export async function readAuditLog(cloud: TestCloud): Promise<readonly AuditLine[]> {
  const lines: AuditLine[] = [];
  let path: string | undefined = '/v1/audit-events?page_size=100';
  while (path !== undefined) {
    const answer = await cloud.call('GET', path);
    const { data, metadata } = answer.body as Page;
    for (const { data: event } of data)
      lines.push({
        method: event.methodName,
        resource: event.resourceName,
        principal: event.authenticationInfo.principal,
        status: event.result.status,
      });
    path = metadata.next?.slice(new URL(metadata.next).origin.length);
  }
  return lines.toReversed();
}

/** Ids of everything that the log names, but for the organization; topics have none. */
export function idsIn(lines: readonly AuditLine[]): readonly string[] {
  const steps = lines
    .flatMap(({ resource }) => resource.split('/').slice(4))
    .filter((step) => !step.startsWith('topic='));
  return [...new Set(steps.map((step) => step.slice(step.indexOf('=') + 1)))];
}

/** A line as a test expects it: what was done to what kind of thing. */
export function deedOf({ method, resource }: AuditLine): string {
  const last = resource.slice(resource.lastIndexOf('/') + 1);
  return `${method} ${last.slice(0, last.indexOf('='))}`;
}
