import { join } from 'node:path/posix';
import { importsOf, isSpec, packageOf, projectOf, type Repository } from '../repository.ts';

/** No project depends on itself through others. */
export function cycleFaults(repository: Repository): string[] {
  const needs = new Map(
    repository.projects.map((project) => [
      project.manifest.name,
      Object.keys(project.manifest.dependencies ?? {}).filter((name) =>
        name.startsWith('@weirhouse/'),
      ),
    ]),
  );
  const faults: string[] = [];
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) {
      faults.push(`cycle: ${[...path.slice(path.indexOf(name)), name].join(' -> ')}`);
      return;
    }
    if (done.has(name)) return;
    for (const next of needs.get(name) ?? []) visit(next, [...path, name]);
    done.add(name);
  };
  for (const name of needs.keys()) visit(name, []);
  return faults;
}

/** Every package that a source file imports stands in its project's package.json, at one version everywhere. */
export function dependencyFaults(repository: Repository): string[] {
  const faults: string[] = [];
  for (const [path, text] of repository.sources) {
    const project = projectOf(repository, path);
    if (project === undefined || isSpec(path)) continue;
    for (const { specifier } of importsOf(path, text)) {
      const name = packageOf(specifier);
      if (name === undefined || name === project.manifest.name) continue;
      if (project.manifest.dependencies?.[name] === undefined)
        faults.push(`${path}: ${name} is not in ${project.root}/package.json`);
    }
  }
  const versions = new Map<string, string>();
  for (const { owner, name, version } of thirdParties(repository)) {
    const known = versions.get(name) ?? version;
    versions.set(name, known);
    if (known !== version) faults.push(`${owner}: ${name} ${version}, but ${known} elsewhere`);
  }
  return faults;
}

interface ThirdParty {
  readonly owner: string;
  readonly name: string;
  readonly version: string;
}

/** Every entry of every package.json that is not ours. */
function thirdParties(repository: Repository): ThirdParty[] {
  const manifests = [
    repository.manifest,
    ...repository.projects.map((project) => project.manifest),
  ];
  return manifests.flatMap((manifest) =>
    Object.entries({
      ...manifest.dependencies,
      ...manifest.devDependencies,
      ...manifest.optionalDependencies,
    })
      .filter(([name]) => !name.startsWith('@weirhouse/'))
      .map(([name, version]) => ({ owner: manifest.name, name, version })),
  );
}

/** Every version in a package.json is exact. */
export function versionFaults(repository: Repository): string[] {
  return thirdParties(repository)
    .filter(({ version }) => !/^(npm:@?[\w/.-]+@)?\d+\.\d+\.\d+[\w.-]*$/.test(version))
    .map(({ owner, name, version }) => `${owner}: ${name} ${version} is not exact`);
}

/** tsconfig.build.json references exactly the workspaces that package.json depends on. */
export function referenceFaults(repository: Repository): string[] {
  const roots = new Map(
    repository.projects.map((project) => [project.manifest.name, project.root]),
  );
  return repository.projects.flatMap((project) => {
    const wanted = Object.keys(project.manifest.dependencies ?? {}).flatMap((name) => {
      const target = roots.get(name);
      return target === undefined ? [] : [`${target}/tsconfig.build.json`];
    });
    const present = project.references.map((reference) => join(project.root, reference));
    return [
      ...wanted
        .filter((path) => !present.includes(path))
        .map((path) => `${project.root}/tsconfig.build.json: reference to ${path} is missing`),
      ...present
        .filter((path) => !wanted.includes(path))
        .map((path) => `${project.root}/tsconfig.build.json: ${path} is no dependency`),
    ];
  });
}

/** docs/dependencies.md has a row for every direct dependency, and none for others. */
export function dependencyDocFaults(repository: Repository): string[] {
  const named = new Set(
    [...repository.dependencyDocs.matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1]),
  );
  const direct = [...new Set(thirdParties(repository).map(({ name }) => name))];
  return [
    ...direct
      .filter((name) => !named.has(name))
      .map((name) => `docs/dependencies.md: no row for ${name}`),
    ...[...named]
      .filter((name) => name !== undefined && !direct.includes(name))
      .map((name) => `docs/dependencies.md: ${name} is not a dependency any more`),
  ];
}
