import { dirname, join } from 'node:path/posix';
import { importsOf, isSpec, packageOf, projectOf, type Repository } from '../repository.ts';

/** Kinds a project of a kind may depend on. `test` libs serve specs only. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  'type:app': ['type:io', 'type:pure'],
  'type:io': ['type:io', 'type:pure'],
  'type:pure': ['type:pure'],
  'type:test': ['type:io', 'type:pure', 'type:test'],
};

/** Domains a project of a domain may depend on. The control plane knows brokers only by protocol. */
const SCOPES: Readonly<Record<string, readonly string[]>> = {
  'scope:shared': ['scope:shared'],
  'scope:kafka': ['scope:kafka', 'scope:shared'],
  'scope:broker': ['scope:broker', 'scope:kafka', 'scope:shared'],
  'scope:cloud': ['scope:cloud', 'scope:kafka', 'scope:shared'],
  'scope:testing': ['scope:testing', 'scope:broker', 'scope:cloud', 'scope:kafka', 'scope:shared'],
};

/** Arrows inside the broker: each lib may reach only those after it. */
const BROKER_ORDER = ['core', 'coordination', 'metadata', 'replication', 'log'];

/** Imports across projects go by package name, are declared, and follow the arrows. */
export function boundaryFaults(repository: Repository): string[] {
  const faults: string[] = [];
  const byName = new Map(repository.projects.map((project) => [project.manifest.name, project]));
  for (const project of repository.projects) {
    const tagged = project.tags.filter((tag) => tag in KINDS).length;
    if (tagged !== 1 || !project.tags.some((tag) => tag in SCOPES))
      faults.push(`${project.root}: needs one known type: tag and one known scope: tag`);
  }
  for (const [path, text] of repository.sources) {
    const project = projectOf(repository, path);
    if (project === undefined) continue;
    for (const { specifier } of importsOf(path, text)) {
      if (specifier.startsWith('.')) {
        const reached = join(dirname(path), specifier);
        if (!reached.startsWith(`${project.root}/`))
          faults.push(`${path}: ${specifier} leaves its project; import the package by name`);
        continue;
      }
      const target = byName.get(packageOf(specifier) ?? '');
      if (target === undefined || target === project) continue;
      if (project.manifest.dependencies?.[target.manifest.name] === undefined && !isSpec(path))
        faults.push(`${path}: ${target.manifest.name} is not in ${project.root}/package.json`);
      faults.push(...arrowFaults(path, project, target));
    }
  }
  return faults;
}

function arrowFaults(
  path: string,
  from: Repository['projects'][number],
  to: Repository['projects'][number],
): string[] {
  const faults: string[] = [];
  const isTestCode = isSpec(path);
  for (const tag of from.tags) {
    const allowed = KINDS[tag] ?? SCOPES[tag];
    if (allowed === undefined) continue;
    const known = to.tags.filter((other) => other.split(':')[0] === tag.split(':')[0]);
    const fits = known.some((other) => allowed.includes(other));
    const harness = isTestCode && to.tags.includes('type:test');
    if (!fits && !harness && !(isTestCode && tag === 'type:pure'))
      faults.push(`${path}: ${tag} may not import ${to.manifest.name} (${known.join(', ')})`);
  }
  const [a, b] = [from, to].map((project) =>
    project.root.startsWith('libs/broker/') ? BROKER_ORDER.indexOf(project.root.slice(12)) : -1,
  );
  if (a !== undefined && b !== undefined && a >= 0 && b >= 0 && b < a)
    faults.push(`${path}: ${from.manifest.name} may not reach up to ${to.manifest.name}`);
  return faults;
}
