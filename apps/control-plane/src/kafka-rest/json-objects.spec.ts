import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonObjects } from './json-objects.ts';

function cut(text: string, at: readonly number[] = []): { objects: string[]; fault?: string } {
  const bytes = Buffer.from(text);
  const cutter = new JsonObjects(1_000);
  const ends = [...new Set([...at.map((one) => one % (bytes.length + 1)), bytes.length])];
  const objects: string[] = [];
  let start = 0;
  for (const end of ends.toSorted((a, b) => a - b)) {
    const found = cutter.push(bytes.subarray(start, end));
    objects.push(...found.objects.map(String));
    if (found.fault !== undefined) return { objects, fault: found.fault };
    start = end;
  }
  return { objects };
}

describe('a stream of JSON objects', () => {
  it('is cut into its objects wherever its chunks end', () => {
    const object = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 2 }), {
      maxKeys: 3,
    });
    const blank = fc.constantFrom('', ' ', '\n', '\r\n\t');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(object, blank), { maxLength: 6 }),
        fc.array(fc.nat(2_000), { maxLength: 8 }),
        (parts, at) => {
          const texts = parts.map(([value]) => JSON.stringify(value));
          fc.pre(texts.every((text) => Buffer.byteLength(text) < 1_000));
          const stream = parts.map(([, space], index) => `${texts[index]}${space}`).join('');
          expect(cut(stream, at)).toEqual({ objects: texts });
        },
      ),
      { seed: 31_300, numRuns: 300 },
    );
  });

  it.each(['[1]', '1', '"{}"', '{} x', 'null', '}'])('ends at %s', (text) => {
    expect(cut(text).fault).toBe('not an object');
  });

  it('ends when an object is too large, and tells those before it', () => {
    const large = `{"a":"${'x'.repeat(1_000)}"}`;
    expect(cut(`{"b":1}${large}`)).toEqual({ objects: ['{"b":1}'], fault: 'too large' });
    expect(cut(large, [10, 500])).toEqual({ objects: [], fault: 'too large' });
  });

  it('knows when it ends in the middle of an object', () => {
    const cutter = new JsonObjects(100);
    cutter.push(Buffer.from('{"a":"}'));
    expect(cutter.isInside).toBe(true);
    cutter.push(Buffer.from('"}'));
    expect(cutter.isInside).toBe(false);
  });
});
