import { describe, expect, it } from 'vitest';
import { systemTimers } from '../../ports.ts';
import { describeProvisioner } from '../../testing/provisioner-contract.ts';
import { FakeProvisioner } from './fake-provisioner.ts';
import { BLIND, RandomFaults } from './faults.ts';

describeProvisioner('the fake', () => {
  const provisioner = new FakeProvisioner();
  return { provisioner, reopen: () => provisioner, close: () => Promise.resolve() };
});

describe('the faults of the fake', () => {
  it('hide everything from a blind look, and fail what they strike', async () => {
    const provisioner = new FakeProvisioner();
    provisioner.faults = BLIND;
    const expected = [{ nodeId: 1, ports: undefined, wanted: undefined }];
    const [broker] = await provisioner.observe('lkc-a', expected);
    expect(broker?.state.kind).toBe('unknown');
    const always = { bytes: (length: number) => Buffer.alloc(length), below: () => 0 };
    provisioner.faults = new RandomFaults({
      random: always,
      timers: systemTimers,
      oneIn: 1,
      slowMs: 1,
    });
    await expect(provisioner.choosePorts(new Set())).rejects.toMatchObject({ code: 'unavailable' });
  });
});
