import { describe, expect, it } from 'vitest';

import { parsePrincipalMapping } from './principal-mapping.ts';

const SUBJECT = String.raw`CN=Reader-1,OU=Service Users,O=Weir\, House,C=CH`;

function nameBy(rules: string, subject = SUBJECT): string | undefined {
  const parsed = parsePrincipalMapping(rules);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.map(subject);
}

describe('the rules that map a subject to a user', () => {
  // The names are those that the mapper of Kafka 4.3.1 gives.
  it.each([
    ['DEFAULT', SUBJECT],
    ['RULE:^CN=(.*?),OU=Service Users.*$/$1/', 'Reader-1'],
    ['RULE:^CN=(.*?),OU=Service Users.*$/$1/L', 'reader-1'],
    ['RULE:^CN=(.*?),OU=ServiceUsers.*$/$1/', undefined],
    ['RULE:^CN=(.*?),.*$/$1/U, DEFAULT', 'READER-1'],
    ['RULE:^.*[Cc][Nn]=([a-zA-Z0-9.-]*).*$/$1/L,DEFAULT', 'reader-1'],
    ['RULE:^CN=(.*?),OU=(.*?),O=(.*?),C=(.*?)$/$1@$2/', 'Reader-1@Service Users'],
    ['RULE:^CN=(.*?),.*/$1/, RULE:.*/x/', 'Reader-1'],
    ['RULE:nobody/x/\nRULE:^CN=(.*?),.*/$1/', 'Reader-1'],
    ['RULE:^CN=([^,ADEFLTU,]+)(,.*|$)/$1/L,DEFAULT', 'reader-1'],
    ['RULE:.*/x/', 'xx'],
    ['RULE:CN/y/', undefined],
    [
      String.raw`RULE:^CN=(.*)$/a\/b $1/`,
      String.raw`a/b Reader-1,OU=Service Users,O=Weir\, House,C=CH`,
    ],
    [String.raw`RULE:^CN=(\w+)-(\d),.*$/$2-$1/`, '1-Reader'],
    ['RULE:^CN=(?<name>.*?),.*$/${name}/', 'Reader-1'],
    ['DEFAULT, RULE:x/y/', SUBJECT],
  ])('%j', (rules, name) => {
    expect(nameBy(rules)).toBe(name);
  });

  it.each([
    ['', 'expected DEFAULT or RULE'],
    ['NONSENSE', 'expected DEFAULT or RULE'],
    ['RULE:^CN=(.*?),.*$/$1/X', 'expected DEFAULT or RULE'],
    ['RULE:no end', 'expected DEFAULT or RULE'],
    ['RULE:(a/b/', 'missing closing'],
    ['RULE:(a)/$2/', 'there is no group 2'],
    ['RULE:(?<a>b)/${c}/', 'there is no group c'],
    [String.raw`RULE:(a)\1/x/`, 'invalid escape'],
    ['RULE:(?=a)b/x/', 'RULE:(?=a)b/x/'],
  ])('%j is refused with a reason', (rules, reason) => {
    const parsed = parsePrincipalMapping(rules);
    expect(parsed.ok ? '' : parsed.message).toContain(reason);
  });

  it('takes time linear in a subject that a stranger chose', () => {
    const subject = `CN=${'a'.repeat(20_000)}!`;
    expect(nameBy('RULE:^CN=(a+)+$/$1/,DEFAULT', subject)).toBe(subject);
  });
});
