import type { BrokerLimits, BrokerState, ObservedBroker } from '@weirhouse/cloud-plan';
import { Secret } from '@weirhouse/shared-kernel';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type {
  BrokerPorts,
  BrokerSpec,
  ExpectedBroker,
  Provisioner,
} from '../provisioner/provisioner.ts';

/** A place for brokers that a spec opens and closes. */
export interface ProvisionerWorld {
  readonly provisioner: Provisioner;
  /** Opens it anew over the same brokers, as the next process does. */
  reopen(): Provisioner;
  close(): Promise<void>;
}

const REF = { clusterId: 'lkc-abc123', nodeId: 1 };
const OTHER = { clusterId: 'lkc-abc123', nodeId: 2 };
const WAIT = { timeout: 20_000, interval: 20 };
const LIMITS: BrokerLimits = {
  partitions: 10,
  connections: 20,
  ingressBytesPerSecond: 1_000,
  egressBytesPerSecond: 3_000,
  storageBytes: 5_000,
};

/** The broker under test, and what is asked of it again and again. */
class Bench {
  readonly #world: ProvisionerWorld;
  provisioner: Provisioner;

  constructor(world: ProvisionerWorld) {
    this.#world = world;
    this.provisioner = world.provisioner;
  }

  reopen(): void {
    this.provisioner = this.#world.reopen();
  }

  async look(broker: ExpectedBroker): Promise<ObservedBroker> {
    const [seen] = await this.provisioner.observe(REF.clusterId, [broker]);
    if (seen === undefined) throw new Error('the broker was not observed');
    return seen;
  }

  async until(broker: ExpectedBroker, kind: BrokerState['kind']): Promise<void> {
    await vi.waitFor(async () => {
      const { state } = await this.look(broker);
      if (state.kind !== kind) throw new Error(`still ${state.kind}, not ${kind}`);
    }, WAIT);
  }

  async start(): Promise<BrokerPorts> {
    const ports = await this.provisioner.choosePorts(new Set());
    await this.provisioner.ensureBroker(specOf(ports));
    await this.until(expected(ports), 'ready');
    return ports;
  }

  close(): Promise<void> {
    return this.#world.close();
  }
}

function expected(ports: BrokerPorts | undefined, wanted: object = {}): ExpectedBroker {
  return { nodeId: 1, ports, wanted: { zone: 'a', limits: LIMITS, ...wanted } };
}

function specOf(ports: BrokerPorts): BrokerSpec {
  const controlUser = { name: 'control', password: new Secret('password') };
  return { ...REF, ports, zone: 'a', limits: LIMITS, controlUser };
}

let bench: Bench;

/** For specs: what every provisioner has to do, whatever it runs brokers on. */
export function describeProvisioner(name: string, open: () => ProvisionerWorld): void {
  describe(`${name} as a provisioner`, () => {
    beforeEach(() => {
      bench = new Bench(open());
    });
    afterEach(() => bench.close());
    describe('of one broker', () => {
      describeOne();
    });
    describe('of brokers that change', () => {
      describeChanges();
    });
  });
}

function describeOne(): void {
  it('sees nothing where nothing is, and makes a broker that becomes ready', async () => {
    expect(await bench.look(expected(undefined))).toMatchObject({
      ports: 'unallocated',
      dataPresent: false,
      state: { kind: 'absent' },
    });
    const ports = await bench.start();
    expect(await bench.look(expected(ports))).toMatchObject({
      ports: 'allocated',
      dataPresent: true,
      settings: 'current',
      limits: { kind: 'current' },
    });
  });

  it('starts no second broker when it is asked again, also by the next process', async () => {
    const ports = await bench.start();
    const before = await bench.look(expected(ports));
    await bench.provisioner.ensureBroker(specOf(ports));
    bench.reopen();
    await bench.provisioner.ensureBroker(specOf(ports));
    expect((await bench.look(expected(ports))).state).toEqual(before.state);
  });

  it('chooses ports that nobody has', async () => {
    const first = await bench.provisioner.choosePorts(new Set());
    const used = new Set([first.clientPort, first.adminPort]);
    const second = await bench.provisioner.choosePorts(used);
    expect(new Set([...used, second.clientPort, second.adminPort]).size).toBe(4);
  });
}

function describeChanges(): void {
  it('resizes a running broker without a restart, and sees when it is done', async () => {
    const ports = await bench.start();
    const before = await bench.look(expected(ports));
    const limits = { ...LIMITS, connections: 40, storageBytes: undefined };
    const resized = expected(ports, { limits });
    expect((await bench.look(resized)).limits).toEqual({
      kind: 'outdated',
      differences: ['connections is 20, wanted 40', 'storageBytes is 5000, wanted not limited'],
    });
    await bench.provisioner.applyLimits(REF, limits);
    await expect.poll(async () => (await bench.look(resized)).limits.kind, WAIT).toBe('current');
    expect((await bench.look(resized)).state).toEqual(before.state);
  });

  it('sees that a broker has to be restarted, and that it was', async () => {
    const ports = await bench.start();
    const moved = expected(ports, { zone: 'b' });
    expect((await bench.look(moved)).settings).toBe('outdated');
    await bench.provisioner.stop(REF);
    expect(await bench.look(moved)).toMatchObject({ dataPresent: true, state: { kind: 'absent' } });
    await bench.provisioner.ensureBroker({ ...specOf(ports), zone: 'b' });
    await bench.until(moved, 'ready');
    expect((await bench.look(moved)).settings).toBe('current');
  });

  it('finds brokers that nobody expects, and takes one of two away', async () => {
    const ports = await bench.start();
    const used = new Set([ports.clientPort, ports.adminPort]);
    const more = await bench.provisioner.choosePorts(used);
    await bench.provisioner.ensureBroker({ ...specOf(more), ...OTHER });
    const seen = await bench.provisioner.observe(REF.clusterId, [expected(ports)]);
    expect(seen.map(({ nodeId }) => nodeId)).toEqual([1, 2]);
    await expect(bench.provisioner.remove(OTHER)).rejects.toMatchObject({
      code: 'failed_precondition',
    });
    await bench.provisioner.stop(OTHER);
    await bench.provisioner.remove(OTHER);
    await expect(bench.provisioner.removeCluster(REF.clusterId)).rejects.toMatchObject({
      code: 'failed_precondition',
    });
    const left = await bench.provisioner.observe(REF.clusterId, [expected(ports)]);
    expect(left.map(({ nodeId, state }) => [nodeId, state.kind])).toEqual([[1, 'ready']]);
  });

  it('does nothing when what is to go is gone', async () => {
    await bench.provisioner.stop(REF);
    await bench.provisioner.remove(REF);
    await bench.provisioner.removeCluster(REF.clusterId);
    await bench.provisioner.applyLimits(REF, LIMITS);
    expect(await bench.look(expected(undefined))).toMatchObject({ dataPresent: false });
  });
}
