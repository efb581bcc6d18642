// The first file of the built broker: what V8 compiled at an earlier start is used again, and what only the
// start needed is given back.
import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** A start takes a fraction of this; clients that come at once are not to meet the collection. */
const COLLECT_AFTER_MS = 2000;
/** When nobody waits for this process any more. */
const FLUSH_AFTER_MS = 10_000;

/**
 * V8 keeps what a start left behind, 10 MiB, until load makes it look; no flag tells it to look now. As a last
 * resort it gives emptied pages back at once; otherwise it keeps them for another 8 s.
 */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (how: {
    readonly execution: 'async';
    readonly flavor: 'last-resort';
  }) => Promise<void>;
  setFlagsFromString('--no-expose-gc');
  void collect({ execution: 'async', flavor: 'last-resort' });
}

enableCompileCache(join(import.meta.dirname, 'compile-cache'));
setTimeout(collectGarbage, COLLECT_AFTER_MS).unref();
// A process that is killed would never write it; a written one is not written again.
setTimeout(flushCompileCache, FLUSH_AFTER_MS).unref();
void import('./main.ts');
