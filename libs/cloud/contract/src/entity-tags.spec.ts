import { expect, test } from 'vitest';
import { hasEntityTag, isConditional, namesTag } from './entity-tags.ts';
import { routes } from './routes.ts';

test.each([
  ['"a"', true, true],
  ['W/"a"', false, true],
  ['"b", "a"', true, true],
  ['"b",W/"a"', false, true],
  [' * ', true, true],
  ['"b"', false, false],
  ['a', false, false],
  ['"b, "', false, false],
  ['', false, false],
])('%s names "a": strongly %s, weakly %s', (header, strong, weak) => {
  expect(namesTag(header, '"a"', 'strong')).toBe(strong);
  expect(namesTag(header, '"a"', 'weak')).toBe(weak);
});

test('reads of one thing have tags, changes of one are conditional', () => {
  expect(hasEntityTag(routes.getEnvironment)).toBe(true);
  expect(hasEntityTag(routes.getCluster)).toBe(true);
  expect(hasEntityTag(routes.listEnvironments)).toBe(false);
  expect(hasEntityTag(routes.deleteEnvironment)).toBe(false);
  expect(isConditional(routes.updateEnvironment)).toBe(true);
  expect(isConditional(routes.deleteEnvironment)).toBe(true);
  expect(isConditional(routes.createEnvironment)).toBe(false);
});
