// Builds the broker as one file: a start then reads that, not hundreds of modules. CommonJS, because importing
// node:http as a module asks for everything it exports, and one of these loads the whole of undici.
import { build } from 'rolldown';

/** One character beyond Latin-1 makes V8 hold all of the source in two bytes a character. */
const asciiOnly = {
  name: 'ascii-only',
  generateBundle(_options, bundle) {
    for (const output of Object.values(bundle))
      if (output.type === 'chunk')
        output.code = output.code.replaceAll(
          /[\u0080-\uffff]/g,
          (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
        );
  },
};

await build({
  cwd: import.meta.dirname,
  input: { main: 'src/launch.ts' },
  platform: 'node',
  tsconfig: 'tsconfig.json',
  resolve: { conditionNames: ['source', 'node', 'require', 'default'] },
  plugins: [asciiOnly],
  output: {
    dir: 'dist',
    cleanDir: true,
    format: 'cjs',
    entryFileNames: 'main.cjs',
    chunkFileNames: 'code/[name].cjs',
    sourcemap: true,
    comments: false,
  },
});
