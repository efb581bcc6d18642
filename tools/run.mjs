// Runs one of the project's commands after building what it needs:
// `node tools/run.mjs start|backup|restore|broker|weir|demo|test|bench|bench:kafka|sim|crash|fuzz|fuzz:api [arguments]`.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const NODE_MAJOR_MIN = 24;
const root = join(import.meta.dirname, '..');

/** What each command builds first and then runs; arguments are passed on. */
const commands = {
  start: { build: true, run: ['apps/control-plane/dist/main.js'] },
  // The young generation would grow to 128 MiB under load; see docs/performance.md.
  broker: { build: true, run: ['--max-semi-space-size=8', 'apps/broker/dist/main.cjs'] },
  weir: { build: true, run: ['apps/weir/dist/main.js'] },
  demo: { build: false, run: ['deploy/examples/purchases/demo.ts'] },
  test: { build: true, run: ['node_modules/vitest/vitest.mjs', 'run'] },
  crash: { build: true, run: ['-C', 'source', 'test/crash/main.ts'] },
  sim: { build: false, run: ['-C', 'source', 'test/sim/main.ts'] },
  fuzz: { build: false, run: ['-C', 'source', 'test/fuzz/main.ts'] },
  'fuzz:api': { build: true, run: ['-C', 'source', 'test/conformance/confluent/fuzz/main.ts'] },
  bench: { build: true, run: ['-C', 'source', 'test/perf/main.ts'] },
  'bench:kafka': {
    build: true,
    run: ['-C', 'source', 'test/perf/main.ts', 'broker', '--resolve-kafka'],
  },
};

const [name = '', ...rest] = process.argv.slice(2);
const command = commands[name];
if (command === undefined)
  fail(`Unknown command "${name}". Commands: ${Object.keys(commands).join(', ')}.`);
if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN)
  fail(
    `Weirhouse runs on Node ${NODE_MAJOR_MIN} or newer; this is ${process.version}. On Linux (x64, arm64) ` +
      'npm installs it with the project: use `npm start`, `npm test`. Elsewhere install Node 24 yourself.',
  );
if (command.build) build();
runToTheEnd([...command.run, ...rest]);

/**
 * Builds with Nx what changed since the last build. Nx itself takes seconds to find out that nothing did, so
 * a fingerprint of all sources (names, sizes, times) is asked first.
 */
function build() {
  const stamp = join(root, 'node_modules/.weirhouse-built');
  const sources = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return;
  rmSync(stamp, { force: true });
  const done = noticeOfFirstBuild();
  const result = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/nx/dist/bin/nx.js'),
      'run-many',
      '-t',
      'build',
      '--outputStyle=static',
    ],
    {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true', FORCE_COLOR: '0' },
    },
  );
  done();
  if (result.status !== 0) fail(`The build failed:\n${result.stdout}${result.stderr}`);
  writeFileSync(stamp, fingerprint());
}

/** Changes when any file that a build reads, or the presence of what it makes, changes. */
function fingerprint() {
  const hash = createHash('sha256');
  const patterns = [
    '{apps/*,libs/*/*}/{src/**/*.ts,package.json,tsconfig*.json,build.mjs}',
    'prisma/**/*',
    '{package-lock,tsconfig.base,nx}.json',
  ];
  for (const file of globSync(patterns, { cwd: root }).toSorted()) {
    const { size, mtimeMs } = statSync(join(root, file));
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  for (const main of globSync('{apps/*,libs/*/*}/dist/{.tsbuildinfo,main.cjs}', {
    cwd: root,
  }).toSorted())
    hash.update(`${main}\n`);
  return hash.digest('hex');
}

function noticeOfFirstBuild() {
  if (existsSync(join(root, 'apps/control-plane/dist/main.js'))) return () => undefined;
  process.stderr.write('Building (first start, some seconds) ...\n');
  return () => process.stderr.write('Built.\n');
}

function runToTheEnd(args) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  // Ctrl-C reaches the child by itself (same terminal); this process only waits for it.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
  });
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
