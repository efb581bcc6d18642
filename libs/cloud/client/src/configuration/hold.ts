import { isAppError } from '@weirhouse/shared-kernel';
import type { CloudClient } from '../cloud-client.ts';
import { beat, type ApplyName } from './configuration-memory.ts';
import { explained, findScope, type ConfigurationWish } from './scope.ts';
import { patiently, type Pace } from './patience.ts';

/** How often an apply says that it goes on, in milliseconds: several times before others may begin. */
const BEAT_MS = 3_000;
/** How long one waits for an apply that is going on, or was cut off, in milliseconds. */
const WAIT_MAX_MS = 20_000;
/** Pause between two tries, in milliseconds. */
const WAIT_PAUSE_MS = 1_000;

/** What a hold needs. */
export interface HoldOptions {
  readonly client: CloudClient;
  readonly pace: Pace;
  readonly wish: ConfigurationWish;
  /** Unlike that of any other apply. */
  readonly holder: string;
  /** Told once, when another apply has to be waited for; undefined = nothing is waited for. */
  readonly onWait: ((message: string) => void) | undefined;
}

/**
 * Does `work` while no other apply of the configuration goes on: two at once would make things twice.
 * One that was cut off is over a few beats later. Throws `failed_precondition` when it goes on.
 */
export async function withHold<T>(
  options: HoldOptions,
  work: (name: ApplyName) => Promise<T>,
): Promise<T> {
  const { client, holder, pace, wish } = options;
  const name = { ...(await findScope(client, wish)), holder };
  await explained(wish, () => take(options, name));
  const stop = pace.every(BEAT_MS, () => {
    // One that is refused or lost shows at the next change, which notes itself.
    void beat(client, name, { release: false }).catch(() => undefined);
  });
  try {
    return await work(name);
  } finally {
    stop();
    await beat(client, name, { release: true }).catch(() => undefined);
  }
}

async function take({ client, onWait, pace }: HoldOptions, name: ApplyName): Promise<void> {
  const endMs = pace.monotonicMs() + WAIT_MAX_MS;
  let isTold = false;
  for (;;) {
    try {
      return await patiently(pace, () => beat(client, name, { release: false }));
    } catch (error) {
      const isHeld = isAppError(error) && error.code === 'failed_precondition';
      if (!isHeld || onWait === undefined || pace.monotonicMs() >= endMs) throw error;
      if (!isTold) onWait(error.message);
      isTold = true;
      await pace.wait(WAIT_PAUSE_MS);
    }
  }
}
