import type { Repository } from '../repository.ts';

/** Depth of folders below a project's src. */
const DEPTH_MAX = 2;

const FILE_NAME = /^[a-z0-9]+([.-][a-z0-9]+)*\.ts$/;

/** Files are kebab-case, lie at most two folders below src, and only src/index.ts is a barrel. */
export function layoutFaults(repository: Repository): string[] {
  const faults: string[] = [];
  for (const [path, text] of repository.sources) {
    const [, below = ''] = path.split('/src/');
    const parts = below.split('/');
    const name = parts.at(-1) ?? '';
    if (!FILE_NAME.test(name)) faults.push(`${path}: file names are kebab-case`);
    if (parts.length - 1 > DEPTH_MAX) faults.push(`${path}: deeper than ${DEPTH_MAX} folders`);
    if (name === 'index.ts' && parts.length > 1)
      faults.push(`${path}: only src/index.ts is a barrel`);
    if (/\b(Manager|Helper|Util|Impl|Base)\b|(?:class|interface) I[A-Z][a-z]/.test(name))
      faults.push(`${path}: says nothing about what it is`);
    for (const match of text.matchAll(/^export (?:abstract )?class (\w+)/gm))
      if (/(Manager|Helper|Utils?|Impl|Base)$/.test(match[1] ?? ''))
        faults.push(`${path}: class ${match[1]} needs a name that says what it is`);
    if (/\b(TODO|FIXME)\b/.test(text)) faults.push(`${path}: holds a promise of later work`);
  }
  return faults;
}
