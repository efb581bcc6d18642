import { isAppError } from '@weirhouse/shared-kernel';

/** Tries before a run of taken ids is somebody's bug: one collision in a billion each. */
const TRIES_MAX = 4;

/**
 * Runs `create` with a new id, and again with another one when that id was taken. Repositories say
 * so with `already_exists` on the field `id`.
 */
export async function withFreshId<T>(
  newId: () => string,
  create: (id: string) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await create(newId());
    } catch (error) {
      const isTaken = isAppError(error) && error.code === 'already_exists' && error.field === 'id';
      if (!isTaken || attempt === TRIES_MAX) throw error;
    }
  }
}
