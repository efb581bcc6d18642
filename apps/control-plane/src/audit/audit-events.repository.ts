import { encodePageToken, type Page } from '@weirhouse/cloud-contract';
import type { Database, Transaction } from '../database/database.ts';
import type { AuditRecord as Row } from '../database/generated/client.ts';
import type { PageRequest } from '../database/values.ts';

/** How an access ended: what was refused is recorded as well. */
export type AuditResult = 'SUCCESS' | 'UNAUTHENTICATED' | 'FORBIDDEN';

/** One thing that happened, or was refused. */
export interface AuditEvent extends NewAuditEvent {
  /** A uuid. */
  readonly id: string;
}

/** The same before it is written. */
export interface NewAuditEvent {
  readonly organizationId: string;
  readonly actor: string;
  readonly action: string;
  readonly resourceCrn: string;
  readonly requestId: string;
  readonly result: AuditResult;
  readonly clientAddress: string | undefined;
  readonly credentialId: string | undefined;
  readonly createdAtMs: number;
}

/** What to look for; undefined = anything. */
export interface AuditFilter {
  readonly action: string | undefined;
  readonly actor: string | undefined;
  readonly result: AuditResult | undefined;
  readonly fromMs: number | undefined;
  readonly untilMs: number | undefined;
}

/** Rows removed at once, so that no statement holds the table for long. */
const PRUNE_ROWS = 5_000;

/** The audit log in the database. Every look-up names the organization. */
export class AuditEventsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Newest first. A page starts by a time and how many of that very time were seen: row numbers
   * count the events of all organizations and are shown to nobody.
   */
  async list(
    organizationId: string,
    filter: AuditFilter,
    page: PageRequest,
  ): Promise<Page<AuditEvent>> {
    const { action, actor, fromMs, result, untilMs } = filter;
    const { after, pageSize } = page;
    const rows = await this.#database.auditRecord.findMany({
      where: {
        organizationId,
        ...(action === undefined ? {} : { action }),
        ...(actor === undefined ? {} : { actor }),
        ...(result === undefined ? {} : { result }),
        createdAt: {
          ...(fromMs === undefined ? {} : { gte: new Date(fromMs) }),
          ...(untilMs === undefined ? {} : { lt: new Date(untilMs) }),
          ...(after === undefined ? {} : { lte: new Date(after.createdAtMs) }),
        },
      },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      skip: skippedOf(after?.id),
      take: pageSize + 1,
    });
    const events = rows.slice(0, pageSize).map(auditEventOfRow);
    const last = events.at(-1);
    if (last === undefined || rows.length <= pageSize)
      return { rows: events, nextToken: undefined };
    const { createdAtMs } = last;
    const same = events.filter((event) => event.createdAtMs === createdAtMs).length;
    const before = after?.createdAtMs === createdAtMs ? skippedOf(after.id) : 0;
    return { rows: events, nextToken: encodePageToken({ createdAtMs, id: String(before + same) }) };
  }

  /** Writes an access that was refused. Changes write theirs in their own transaction. */
  insertDenial(event: NewAuditEvent): Promise<void> {
    return insertAuditEvent(this.#database, event);
  }

  /**
   * Removes what is older than a time and waits for no topic, some rows at once; true when there may
   * be more.
   */
  async prune(beforeMs: number): Promise<boolean> {
    const rows = await this.#database.auditRecord.findMany({
      where: { createdAt: { lt: new Date(beforeMs) }, delivery: null },
      orderBy: { createdAt: 'asc' },
      select: { id: true },
      take: PRUNE_ROWS,
    });
    await this.#database.auditRecord.deleteMany({
      where: { id: { in: rows.map(({ id }) => id) } },
    });
    return rows.length === PRUNE_ROWS;
  }
}

/** Writes an event and, in the same statement, that its organization's topic is to get it. */
export async function insertAuditEvent(
  writer: Pick<Transaction, '$executeRaw'>,
  event: NewAuditEvent,
): Promise<void> {
  const createdAt = new Date(event.createdAtMs).toISOString();
  await writer.$executeRaw`
    WITH record AS (
      INSERT INTO audit_record (organization_id, actor, action, resource_crn, request_id, result,
        client_address, credential_id, created_at)
      VALUES (${event.organizationId}, ${event.actor}, ${event.action}, ${event.resourceCrn},
        ${event.requestId}, ${event.result}, ${event.clientAddress ?? null}::text,
        ${event.credentialId ?? null}::text, ${createdAt}::timestamptz)
      RETURNING id, event_id, organization_id
    )
    INSERT INTO audit_delivery (record_id, event_id, organization_id)
    SELECT record.id, record.event_id, record.organization_id
    FROM record JOIN audit_log USING (organization_id)
    WHERE audit_log.cluster_id IS NOT NULL`;
}

/** An event of a row. */
export function auditEventOfRow(row: Row): AuditEvent {
  return {
    id: row.eventId,
    organizationId: row.organizationId,
    actor: row.actor,
    action: row.action,
    resourceCrn: row.resourceCrn,
    requestId: row.requestId,
    result: row.result as AuditResult,
    clientAddress: row.clientAddress ?? undefined,
    credentialId: row.credentialId ?? undefined,
    createdAtMs: row.createdAt.getTime(),
  };
}

/** A foreign token's text counts as none seen. */
function skippedOf(text: string | undefined): number {
  const skipped = Number(text ?? 0);
  return Number.isSafeInteger(skipped) && skipped > 0 && skipped < 100_000 ? skipped : 0;
}
