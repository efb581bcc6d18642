import { createRequire } from 'node:module';

/** Loads a package with native code. */
export const loadNative = createRequire(import.meta.url);

/**
 * Loads a library when it is first asked for: native ones bring memory and threads of their own, which a
 * broker without compressed records does not need.
 */
export function onFirstUse<Library>(load: () => Library): () => Library {
  let loaded: Library | undefined;
  return () => (loaded ??= load());
}
