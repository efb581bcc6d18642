import { crc32c, useNativeCrc32c } from '@weirhouse/kafka-protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { installNativeCrc32c } from './native-crc32c.ts';

describe('installNativeCrc32c', () => {
  afterEach(() => {
    useNativeCrc32c(undefined);
  });

  it('changes no result', () => {
    const buffer = Buffer.from('0123456789abcdef'.repeat(400));
    const sizes = [0, 9, 255, 256, 257, 1000, buffer.length];
    const crcs = (): number[] =>
      sizes.map((size) => crc32c(buffer, 3, Math.max(size, 3), crc32c(buffer, 0, 3)));
    const byTable = crcs();
    expect(installNativeCrc32c()).toBe(true);
    expect(crcs()).toEqual(byTable);
  });
});
