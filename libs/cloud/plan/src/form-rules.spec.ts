import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMultiZone, KIND_RULES, unitsOf, zonesOf, type ClusterForm } from './cluster-form.ts';
import {
  formAfter,
  formOfWish,
  isSameForm,
  type WishedConfig,
  type WishedForm,
} from './form-rules.ts';

const SEED = 20_260_102;

const config: fc.Arbitrary<WishedConfig> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('Basic', 'Standard', 'Enterprise', 'Freight'),
    max_ecku: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant('Dedicated' as const),
    cku: fc.integer({ min: 1, max: 160 }),
    encryption_key: fc.constantFrom(undefined, undefined, undefined, 'arn'),
    zones: fc.constantFrom(undefined, ['a'], ['a', 'b'], ['a', 'a'], ['a', 'b', 'c']),
    release_priority: fc.constantFrom(undefined, 'REGULAR', 'PRIORITY'),
  }),
);

const wish: fc.Arbitrary<WishedForm> = fc.record({
  availability: fc.constantFrom('SINGLE_ZONE', 'LOW', 'MULTI_ZONE', 'HIGH'),
  config,
  deletion_protection: fc.constantFrom(undefined, false, true),
});

interface Refused {
  readonly code: string;
  readonly field: string;
}

function tried(wished: WishedForm): ClusterForm | Refused {
  try {
    return formOfWish(wished);
  } catch (error) {
    return error as Refused;
  }
}

/** What is wrong with a form that was let through. */
function faultsOf(form: ClusterForm, wished: WishedForm): readonly string[] {
  const isMulti = isMultiZone(form.availability);
  const zones = zonesOf(form).length;
  const checks = {
    units: unitsOf(form) <= KIND_RULES[form.kind].unitsMax,
    availability: form.availability === wished.availability,
    zones: isMulti ? zones >= 2 : zones === 1,
    unitsOfMulti: !isMulti || unitsOf(form) >= 2,
    enterprise: form.kind !== 'Enterprise' || isMulti,
    protection: !form.deletionProtection || ['Enterprise', 'Dedicated'].includes(form.kind),
  };
  return Object.entries(checks).flatMap(([name, holds]) => (holds ? [] : [name]));
}

describe('the form of a cluster', () => {
  it('is either refused with a pointer or keeps every rule of its kind', () => {
    fc.assert(
      fc.property(wish, (wished) => {
        const form = tried(wished);
        const fault =
          'code' in form
            ? { code: form.code, isPointer: form.field.startsWith('/spec/') }
            : faultsOf(form, wished);
        expect([[], { code: 'invalid_argument', isPointer: true }]).toContainEqual(fault);
      }),
      { seed: SEED, numRuns: 1_000 },
    );
  });

  it('is the same after it is asked for again', () => {
    fc.assert(
      fc.property(wish, (wished) => {
        const form = tried(wished);
        fc.pre(!('code' in form));
        expect(isSameForm(formAfter(form, wished), form)).toBe(true);
        expect(formAfter(form, {})).toEqual(form);
      }),
      { seed: SEED, numRuns: 1_000 },
    );
  });

  it('changes its kind only from Basic to Standard, whose size is then the request’s', () => {
    const basic = formOfWish({
      availability: 'LOW',
      config: { kind: 'Basic', max_ecku: 40 },
    });
    const standard = formAfter(basic, { config: { kind: 'Standard' } });
    expect(standard).toMatchObject({ kind: 'Standard', maxEcku: undefined, availability: 'LOW' });
    for (const change of [{ kind: 'Basic' }, { kind: 'Dedicated', cku: 1 }] as const)
      expect(() => formAfter(standard, { config: change })).toThrow('only Basic may become');
  });

  it('takes the two words for the same availability as one', () => {
    const form = formOfWish({ availability: 'LOW', config: { kind: 'Basic' } });
    expect(formAfter(form, { availability: 'SINGLE_ZONE' })).toEqual(form);
    expect(() => formAfter(form, { availability: 'HIGH' })).toThrow('cannot be changed');
  });
});
