import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '@weirhouse/testing-harness';

/** An Apache Kafka to compare with: its jars and what version they are. */
export interface KafkaHome {
  readonly classPath: string;
  readonly version: string;
}

const RESOLVE_MS_MAX = 10 * 60_000;

/**
 * The Kafka that KAFKA_HOME names: a distribution (with `libs/`) or a folder of jars. Undefined with the
 * reason printed when there is none or no Java to run it.
 */
export function findKafkaHome(folder: string | undefined): KafkaHome | undefined {
  if (folder === undefined || folder === '')
    return missing('KAFKA_HOME is not set (`npm run bench:kafka` resolves one)');
  const jars = [join(folder, 'libs'), folder].find((place) => versionIn(place) !== undefined);
  if (jars === undefined) return missing(`${folder} holds no Kafka jars`);
  if (spawnSync('java', ['-version'], { stdio: 'ignore' }).status !== 0)
    return missing('there is no java on the PATH');
  return { classPath: join(jars, '*'), version: versionIn(jars) ?? '' };
}

function missing(reason: string): undefined {
  process.stdout.write(`No Apache Kafka to compare with: ${reason}.\n`);
}

function versionIn(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  for (const name of readdirSync(folder)) {
    const version = /^kafka_2\.13-([\d.]+)\.jar$/.exec(name)?.[1];
    if (version !== undefined) return version;
  }
  return undefined;
}

/** Resolves the Kafka of `pom.xml` with Maven, once; gives the folder of its jars. Needs `mvn` and Java 17. */
export function resolveKafka(): string {
  const jars = join(checkout, 'node_modules/.cache/weirhouse/kafka');
  if (versionIn(jars) !== undefined) return jars;
  process.stdout.write('Resolving Apache Kafka with Maven (once, some minutes) ...\n');
  const fresh = `${jars}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  const pom = join(import.meta.dirname, 'pom.xml');
  const done = spawnSync(
    'mvn',
    [
      '-B',
      '-q',
      '-f',
      pom,
      'dependency:copy-dependencies',
      '-DincludeScope=runtime',
      `-DoutputDirectory=${fresh}`,
    ],
    { stdio: 'inherit', timeout: RESOLVE_MS_MAX },
  );
  if (done.status !== 0 || versionIn(fresh) === undefined)
    throw new Error(
      `Maven could not resolve Kafka: ${String(done.error ?? `exit ${done.status}`)}`,
    );
  rmSync(jars, { recursive: true, force: true });
  renameSync(fresh, jars);
  return jars;
}
