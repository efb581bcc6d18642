import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseSync } from 'oxc-parser';

export interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly nx?: { readonly tags?: readonly string[] };
}

/** One workspace: an app or a lib. Paths are relative to the repository, with slashes. */
export interface Project {
  readonly root: string;
  readonly manifest: Manifest;
  readonly tags: readonly string[];
  /** Paths that tsconfig.build.json references. */
  readonly references: readonly string[];
}

/** What the rules look at: manifests and source texts. Tests plant violations in ones made up. */
export interface Repository {
  readonly manifest: Manifest;
  readonly projects: readonly Project[];
  /** Source files of projects, `path -> text`; generated and built files left out. */
  readonly sources: ReadonlyMap<string, string>;
  readonly lock: { readonly packages: Readonly<Record<string, LockEntry>> };
  /** Text of docs/dependencies.md. */
  readonly dependencyDocs: string;
}

export interface LockEntry {
  readonly version?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export const root = join(import.meta.dirname, '../..');

/** Reads the checkout. */
export function loadRepository(): Repository {
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  const projects = globSync('{apps/*,libs/*/*}/package.json', { cwd: root })
    .toSorted()
    .map((file): Project => {
      const manifest = JSON.parse(read(file)) as Manifest;
      const project = dirname(file);
      const build = JSON.parse(read(`${project}/tsconfig.build.json`)) as {
        references?: readonly { readonly path: string }[];
      };
      return {
        root: project,
        manifest,
        tags: manifest.nx?.tags ?? [],
        references: (build.references ?? []).map((reference) => reference.path),
      };
    });
  const sources = new Map<string, string>();
  for (const path of globSync('{apps/*,libs/*/*}/src/**/*.ts', { cwd: root }))
    if (!path.includes('/generated/')) sources.set(path, read(path));
  return {
    manifest: JSON.parse(read('package.json')) as Manifest,
    projects,
    sources,
    lock: JSON.parse(read('package-lock.json')) as Repository['lock'],
    dependencyDocs: read('docs/dependencies.md'),
  };
}

/** The project that owns a path. */
export function projectOf(repository: Repository, path: string): Project | undefined {
  return repository.projects.find((project) => path.startsWith(`${project.root}/`));
}

export interface Import {
  readonly specifier: string;
  /** True when nothing of it remains at run time. */
  readonly typeOnly: boolean;
}

/** Static imports, re-exports and literal dynamic imports of one file. */
export function importsOf(path: string, text: string): readonly Import[] {
  const { module } = parseSync(path, text);
  const found: Import[] = module.staticImports.map((entry) => ({
    specifier: entry.moduleRequest.value,
    typeOnly:
      /^import\s+type\b/.test(text.slice(entry.start, entry.end)) ||
      (entry.entries.length > 0 && entry.entries.every((name) => name.isType)),
  }));
  for (const statement of module.staticExports)
    for (const entry of statement.entries)
      if (entry.moduleRequest)
        found.push({ specifier: entry.moduleRequest.value, typeOnly: entry.isType });
  for (const entry of module.dynamicImports) {
    const argument = text.slice(entry.moduleRequest.start, entry.moduleRequest.end);
    const literal = /^['"](.+)['"]$/.exec(argument);
    if (literal?.[1] !== undefined) found.push({ specifier: literal[1], typeOnly: false });
  }
  return found;
}

/** The package a bare specifier names: `@a/b/c` -> `@a/b`, `d/e` -> `d`; undefined for relative and node ones. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return undefined;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

export const isSpec = (path: string): boolean =>
  path.endsWith('.spec.ts') || path.includes('/src/testing/');
