import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkout, requireTool } from '@weirhouse/testing-harness';

const JDK = 'apt-get install default-jdk-headless';

/** Downloads and compilers may be slow on a first run. */
const PREPARE_MS = 540_000;

const CLIENTS_FOLDER = join(import.meta.dirname, '../clients');
const CACHE_FOLDER = join(checkout, 'node_modules/.cache/weirhouse-conformance');

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** How a driver is made and started. */
export interface Program {
  /** Tools that must be there, each with how to get it. */
  readonly tools: Readonly<Record<string, string>>;
  /** Installs or builds what the driver needs, once for each state of its files. */
  readonly prepare: () => Promise<Command>;
}

/** True when the tools that the program needs are there; else they were named, or it throws where CI=true. */
export function canRun(program: Program): boolean {
  return Object.entries(program.tools).every(([name, howToGet]) => requireTool(name, howToGet));
}

/** `driver.ts` in a folder of `clients/`, whose packages are the repository's own. */
export function nodeProgram(folder: string, tools: Program['tools'] = {}): Program {
  const main = join(CLIENTS_FOLDER, folder, 'driver.ts');
  return { tools, prepare: () => Promise.resolve({ command: process.execPath, args: [main] }) };
}

/** A Python with the packages of an exact `requirements.txt`. */
export function pythonPackages(name: string, requirements: string): Program {
  return {
    tools: { python3: 'apt-get install python3 python3-venv' },
    prepare: async () => {
      const venv = await once(name, [requirements], async (to) => {
        await execute('python3', ['-m', 'venv', to]);
        const pip = ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', '--no-input'];
        await execute(join(to, 'bin/python'), [...pip, '-r', requirements]);
      });
      return { command: join(venv, 'bin/python'), args: [] };
    },
  };
}

/** `driver.py` in a folder of `clients/`, with a `requirements.txt` beside it. */
export function pythonProgram(name: string): Program {
  const folder = join(CLIENTS_FOLDER, name);
  const { prepare, tools } = pythonPackages(name, join(folder, 'requirements.txt'));
  return {
    tools,
    prepare: async () => ({
      ...(await prepare()),
      args: ['-u', join(folder, 'driver.py')],
      env: { PYTHONPATH: join(CLIENTS_FOLDER, 'python'), PYTHONDONTWRITEBYTECODE: '1' },
    }),
  };
}

/** Enough for any driver; JVMs that start fast matter more than ones that run fast. */
const JVM = ['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];
const JAVA_TOOLS = { java: JDK, javac: JDK, mvn: 'apt-get install maven' } as const;

/** `clients/java/src` against one version of Kafka's client. */
export function javaProgram(kafkaVersion: string): Program {
  return jvmProgram(`java-${kafkaVersion}`, {
    pom: 'pom.xml',
    sources: ['src'],
    main: 'Driver',
    kafkaVersion,
  });
}

/** Kafka's own command-line tools and Streams. */
export function kafkaToolsProgram(): Program {
  return jvmProgram('kafka-tools', {
    pom: 'tools/pom.xml',
    sources: ['src', 'tools'],
    main: 'ToolDriver',
    kafkaVersion: '4.3.1',
  });
}

interface JvmProgram {
  readonly pom: string;
  readonly sources: readonly string[];
  readonly main: string;
  readonly kafkaVersion: string;
}

/** Maven only fetches the jars; a handful of sources needs no build tool. */
function jvmProgram(name: string, { pom, sources, main, kafkaVersion }: JvmProgram): Program {
  const folder = join(CLIENTS_FOLDER, 'java');
  return {
    tools: JAVA_TOOLS,
    prepare: async () => {
      const made = await once(name, [folder], async (to) => {
        const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime'];
        const settings = [`-Dkafka.version=${kafkaVersion}`, `-DoutputDirectory=${to}/jars`];
        await execute('mvn', ['-B', '-q', '-f', join(folder, pom), ...goal, ...settings]);
        const files = sources.flatMap((source) => globSync(join(folder, source, '*.java')));
        const options = [
          '--release',
          '17',
          '-nowarn',
          '-cp',
          `${to}/jars/*`,
          '-d',
          `${to}/classes`,
        ];
        await execute('javac', [...options, ...files]);
      });
      const classpath = ['-cp', `${made}/classes:${made}/jars/*`];
      return { command: 'java', args: [...JVM, ...classpath, main] };
    },
  };
}

/** A command of the Go module `clients/go`. */
export function goProgram(name: string): Program {
  const folder = join(CLIENTS_FOLDER, 'go');
  return {
    tools: { go: 'a Go toolchain of the version that clients/go/go.mod names' },
    prepare: async () => {
      const made = await once(name, [folder], async (to) => {
        await execute('go', ['build', '-C', folder, '-o', join(to, 'driver'), `./${name}`]);
      });
      return { command: join(made, 'driver'), args: [] };
    },
  };
}

function execute(command: string, args: readonly string[]) {
  return promisify(execFile)(command, args, { timeout: PREPARE_MS });
}

/**
 * A folder in the cache made by `make` from `sources` (files or folders), made again when one of them changes.
 * `make` writes into the final path, since virtual environments cannot be moved; a mark beside it says it ended.
 */
async function once(
  name: string,
  sources: readonly string[],
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256');
  for (const file of sources.flatMap((source) => filesOf(source)))
    hash.update(`${file}\0`).update(readFileSync(file));
  const folder = join(CACHE_FOLDER, `${name}-${hash.digest('hex').slice(0, 16)}`);
  const mark = `${folder}.made`;
  if (existsSync(mark)) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  process.stderr.write(`Preparing the ${name} client (first run) ...\n`);
  await make(folder);
  mkdirSync(`${mark}.new`, { recursive: true });
  renameSync(`${mark}.new`, mark);
  return folder;
}

function filesOf(source: string): string[] {
  const inside = globSync('**/*', { cwd: source, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return inside.length > 0 ? inside.toSorted() : [source];
}
