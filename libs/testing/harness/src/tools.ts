import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * True when a program is on the PATH. When it is not: false with a printed reason on a person's machine
 * (the test is skipped), an error where CI=true.
 */
export function requireTool(name: string, howToGet: string): boolean {
  const found = (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (found) return true;
  if (process.env['CI'] === 'true') throw new Error(`${name} is missing: ${howToGet}`);
  process.stderr.write(`Skipping tests with ${name}: it is not installed (${howToGet}).\n`);
  return false;
}
