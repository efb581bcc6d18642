import { missingPlatformEntries } from '../../../tools/complete-lock.mjs';
import type { Repository } from '../repository.ts';

/** The lock names every platform package, and keeps no registry address of its writer. */
export function lockFaults(repository: Repository): string[] {
  const missing = Object.keys(missingPlatformEntries(repository.lock)).map(
    (path) => `package-lock.json lacks ${path}: run node tools/complete-lock.mjs`,
  );
  const resolved = Object.entries(repository.lock.packages)
    .filter(([, entry]) => /^https?:/.test((entry as { resolved?: string }).resolved ?? ''))
    .map(([path]) => `package-lock.json: ${path} keeps a download address`);
  return [...missing, ...resolved];
}
