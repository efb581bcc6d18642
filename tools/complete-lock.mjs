// Completes package-lock.json with the platform packages that npm leaves out of it.
//
// A registry may lack the darwin, windows or musl builds of a recent release; npm then writes a lock
// without them and `npm ci` refuses that lock ("Missing: ... from lock file"). This adds an entry
// {version, os, cpu, libc, optional} for every optional dependency that a locked package names and
// no lock entry at that version answers. Run it after every change of a dependency.
import { readFileSync, writeFileSync } from 'node:fs';

const SYSTEMS = new Set([
  'darwin',
  'linux',
  'win32',
  'freebsd',
  'android',
  'openharmony',
  'aix',
  'sunos',
  'netbsd',
  'openbsd',
]);
const SYSTEM_ALIASES = { windows: 'win32' };
const PROCESSORS = [
  'arm64',
  'x64',
  'ia32',
  'arm',
  'ppc64',
  's390x',
  'riscv64',
  'loong64',
  'mips64el',
];

/** The entries `lock` lacks, by lock path. Pure: tested by test/architecture. */
export function missingPlatformEntries(lock) {
  const missing = {};
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (!/^\d/.test(version)) continue;
      const found = lookUp(lock.packages, path, name);
      if (found !== undefined && found.version === version) continue;
      const platform = platformOf(name);
      if (platform === undefined) continue;
      const at = found === undefined ? `node_modules/${name}` : `${path}/node_modules/${name}`;
      missing[at] = { version, ...(entry.dev && { dev: true }), optional: true, ...platform };
    }
  }
  return missing;
}

/** The entry that Node's resolution would find for `name` from the package at `path`. */
function lookUp(packages, path, name) {
  for (let directory = path; ;) {
    const entry = packages[`${directory === '' ? '' : `${directory}/`}node_modules/${name}`];
    if (entry !== undefined) return entry;
    if (directory === '') return undefined;
    const cut = directory.lastIndexOf('/node_modules/');
    directory = cut < 0 ? '' : directory.slice(0, cut);
  }
}

function platformOf(name) {
  const words = name.split(/[/-]/).map((word) => SYSTEM_ALIASES[word] ?? word);
  const os = words.find((word) => SYSTEMS.has(word));
  if (os === undefined) return undefined;
  const cpu =
    PROCESSORS.find((processor) => words.some((word) => word === processor)) ??
    (words.some((word) => word.startsWith('arm')) ? 'arm' : undefined);
  const libc = words.includes('musl') ? ['musl'] : words.includes('gnu') ? ['glibc'] : undefined;
  return { ...(cpu && { cpu: [cpu] }), ...(libc && { libc }), os: [os] };
}

if (process.argv[1] === import.meta.filename) {
  const file = process.argv[2] ?? 'package-lock.json';
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  const missing = missingPlatformEntries(lock);
  lock.packages = Object.fromEntries(
    Object.entries({ ...lock.packages, ...missing }).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  process.stdout.write(`completed ${file}: ${Object.keys(missing).length} entries added\n`);
}
