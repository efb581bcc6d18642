// The first file of the built broker: what V8 compiled at an earlier start is used again.
import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';

/** When the start is over and nobody waits for this process any more. */
const FLUSH_AFTER_MS = 10_000;

enableCompileCache(join(import.meta.dirname, 'compile-cache'));
// A process that is killed would never write it; a written one is not written again.
setTimeout(flushCompileCache, FLUSH_AFTER_MS).unref();
void import('./main.ts');
