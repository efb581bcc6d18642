import type * as NativeCrc32 from '@node-rs/crc32';
import { useNativeCrc32c } from '@weirhouse/kafka-protocol';
import { loadNative } from './native-library.ts';

/**
 * Lets `crc32c` use the CPU's own instructions for large inputs, in the whole process. Returns false
 * where there is no build for this platform, or it answers wrongly: the table then goes on serving.
 */
export function installNativeCrc32c(): boolean {
  try {
    const { crc32c } = loadNative('@node-rs/crc32') as typeof NativeCrc32;
    return useNativeCrc32c(crc32c);
  } catch {
    return false;
  }
}
