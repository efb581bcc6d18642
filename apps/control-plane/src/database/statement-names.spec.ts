import { expect, test } from 'vitest';
import { StatementNames } from './statement-names.ts';

const select = (n: number): { readonly sql: string } => ({ sql: `SELECT ${n}` });

test('a statement has a name from its second time on, and always the same', () => {
  const names = new StatementNames();
  expect(names.nameOf(select(1))).toBe('');
  const name = names.nameOf(select(1));
  expect(name).toMatch(/^weirhouse_[0-9a-f]{24}$/u);
  expect(names.nameOf(select(1))).toBe(name);
});

test('two clients of one connection call a statement the same and others differently', () => {
  const nameIn = (names: StatementNames, n: number): string =>
    names.nameOf(select(n)) || names.nameOf(select(n));
  expect(nameIn(new StatementNames(), 1)).toBe(nameIn(new StatementNames(), 1));
  expect(nameIn(new StatementNames(), 1)).not.toBe(nameIn(new StatementNames(), 2));
});

test('there are no more names than connections can hold, and what has one keeps it', () => {
  const names = new StatementNames();
  const made = new Set<string>();
  for (let n = 0; n < 5_000; n += 1) {
    names.nameOf(select(n));
    made.add(names.nameOf(select(n)));
  }
  expect(made.size).toBe(401);
  expect(names.nameOf(select(0))).not.toBe('');
  expect(names.nameOf(select(4_999))).toBe('');
});

test.each(['BEGIN', 'SET TIME ZONE UTC', 'DECLARE dump CURSOR FOR SELECT 1'])(
  'what belongs to the session has no name: %s',
  (sql) => {
    const names = new StatementNames();
    expect([names.nameOf({ sql }), names.nameOf({ sql })]).toEqual(['', '']);
  },
);

test('long lists have no name', () => {
  const names = new StatementNames();
  const sql = `SELECT ${'$1, '.repeat(3_000)} 1`;
  expect([names.nameOf({ sql }), names.nameOf({ sql })]).toEqual(['', '']);
});
