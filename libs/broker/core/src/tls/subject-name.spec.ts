import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { certificatePrincipal } from './certificate-principal.ts';
import { certificateSubject } from './subject-name.ts';

const OID = { CN: '550403', C: '550406', L: '550407', ST: '550408', O: '55040a', OU: '55040b' };
const STREET = '550409';
const TITLE = '55040c';
const SERIAL = '550405';
const DC = '0992268993f22c640119';
const UID = '0992268993f22c640101';
const EMAIL = '2a864886f70d010901';
const Text = { UTF8: 0x0c, PRINTABLE: 0x13, IA5: 0x16, BMP: 0x1e } as const;

type Pair = readonly [type: string, value: string, tag?: number];

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 0x80 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

function pair([type, value, tag = Text.UTF8]: Pair): Buffer {
  const bytes = tag === Text.BMP ? Buffer.from(value, 'utf16le').swap16() : Buffer.from(value);
  return der(0x30, der(0x06, Buffer.from(type, 'hex')), der(tag, bytes));
}

/** A certificate with this subject, a part a list of pairs; what follows the subject is left out. */
function certificate(...parts: readonly (readonly Pair[])[]): Buffer {
  const subject = der(0x30, ...parts.map((pairs) => der(0x31, ...pairs.map(pair))));
  const version = der(0xa0, der(0x02, Buffer.from([2])));
  const [serial, other] = [der(0x02, Buffer.from([7])), der(0x30)];
  return der(0x30, der(0x30, version, serial, other, other, other, subject));
}

describe('the subject of a certificate', () => {
  // As Java 17 prints certificates of OpenSSL with these subjects.
  it.each([
    [[[[OID.CN, 'reader']]], 'CN=reader'],
    [
      [
        [[OID.C, 'CH', Text.PRINTABLE]],
        [[OID.ST, 'Zürich']],
        [[OID.L, 'Town']],
        [[OID.CN, 'reader']],
      ],
      'CN=reader,L=Town,ST=Zürich,C=CH',
    ],
    [[[[OID.O, 'Weir, House ']], [[OID.OU, 'a']]], 'OU=a,O=Weir\\, House\\ '],
    [
      [[[OID.CN, 'two  spaces at end  ']], [[OID.O, ' leading']]],
      'O=\\ leading,CN=two  spaces at end\\ \\ ',
    ],
    [
      [
        [[DC, 'test', Text.IA5]],
        [[DC, 'weirhouse', Text.IA5]],
        [[UID, 'agent 7']],
        [[OID.CN, 'x']],
      ],
      'CN=x,UID=agent 7,DC=weirhouse,DC=test',
    ],
    [[[[OID.CN, 'quoted "a"; <b> #c = d \\ e']]], 'CN=quoted \\"a\\"\\; \\<b\\> \\#c \\= d \\\\ e'],
    [
      [[[EMAIL, 'agent@weirhouse.test', Text.IA5]], [[SERIAL, '42', Text.PRINTABLE]]],
      '2.5.4.5=#13023432,1.2.840.113549.1.9.1=#16146167656e744077656972686f7573652e74657374',
    ],
    [
      [
        [[OID.O, 'multi']],
        [
          [OID.CN, 'one'],
          [OID.OU, 'two'],
          [UID, 'three'],
        ],
      ],
      'CN=one+OU=two+UID=three,O=multi',
    ],
    [
      [[[STREET, 'Main 5']], [[TITLE, 'Dr']], [[OID.CN, '#hash']]],
      'CN=\\#hash,2.5.4.12=#0c024472,STREET=Main 5',
    ],
    [[[[OID.CN, '日本語 ü']]], 'CN=日本語 ü'],
    [[[[OID.CN, 'wide', Text.BMP]]], 'CN=wide'],
    [[], ''],
  ] satisfies [Pair[][], string][])('%# is printed as Java does', (parts, printed) => {
    expect(certificateSubject(certificate(...parts))).toBe(printed);
  });

  it('keeps apart what could be taken for another name', () => {
    const one = certificateSubject(certificate([[OID.CN, 'agent,O=weirhouse']]));
    const two = certificateSubject(certificate([[OID.O, 'weirhouse']], [[OID.CN, 'agent']]));
    expect([one, two]).toEqual(['CN=agent\\,O\\=weirhouse', 'CN=agent,O=weirhouse']);
  });

  it('is none when the bytes are no certificate, and nothing throws', () => {
    const good = certificate([[OID.CN, 'reader']]);
    expect(certificateSubject(Buffer.alloc(0))).toBeUndefined();
    for (let end = 0; end < good.length; end++)
      expect(certificateSubject(good.subarray(0, end))).toBeUndefined();
    const changed = fc.tuple(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 }));
    fc.assert(
      fc.property(changed, ([at, byte]) => {
        const bytes = Buffer.from(good);
        bytes[at] = byte;
        certificateSubject(bytes);
      }),
      { seed: 3, numRuns: 2_000 },
    );
  });

  it('names a user, and nobody when it is empty or no rule fits', () => {
    const bytes = certificate([[OID.CN, 'reader']]);
    expect(certificatePrincipal(bytes, (subject) => subject)).toBe('User:CN=reader');
    expect(certificatePrincipal(undefined, (subject) => subject)).toBe('User:ANONYMOUS');
    expect(certificatePrincipal(certificate(), (subject) => subject)).toBeUndefined();
    expect(certificatePrincipal(bytes, () => undefined)).toBeUndefined();
  });
});
