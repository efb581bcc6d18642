import type { Transaction } from '../database/database.ts';
import type { ConfigurationKey } from './configurations.repository.ts';

/** Who applies a configuration. */
export interface Hold {
  readonly holder: string;
  readonly actor: string;
  readonly beganAtMs: number;
}

/** Who wants to apply it, and until when that counts without another word. */
export interface WantedHold extends Pick<Hold, 'holder' | 'actor'> {
  readonly nowMs: number;
  readonly heldUntilMs: number;
}

/** Which apply may change a configuration: one at a time. Every look-up names the organization. */
export class HoldsRepository {
  /** Takes it or keeps it for longer; answers who has it instead. */
  async take(
    tx: Transaction,
    key: ConfigurationKey,
    wanted: WantedHold,
  ): Promise<Hold | undefined> {
    const { actor, heldUntilMs, holder, nowMs } = wanted;
    const heldUntil = new Date(heldUntilMs);
    const kept = await tx.configurationHold.updateMany({
      where: { ...key, holder },
      data: { heldUntil },
    });
    if (kept.count > 0) return undefined;
    const beganAt = new Date(nowMs);
    const mine = { holder, actor, beganAt, heldUntil };
    const taken = await tx.configurationHold.updateMany({
      where: { ...key, heldUntil: { lte: beganAt } },
      data: mine,
    });
    if (taken.count > 0) return undefined;
    const { count } = await tx.configurationHold.createMany({
      data: [{ ...key, ...mine }],
      skipDuplicates: true,
    });
    if (count > 0) return undefined;
    const other = await tx.configurationHold.findFirst({ where: key });
    // It was released between the two statements.
    if (other === null) return this.take(tx, key, wanted);
    return { holder: other.holder, actor: other.actor, beganAtMs: other.beganAt.getTime() };
  }

  async release(tx: Transaction, key: ConfigurationKey, holder: string): Promise<void> {
    await tx.configurationHold.deleteMany({ where: { ...key, holder } });
  }
}
