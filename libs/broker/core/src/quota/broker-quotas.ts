import type { ConfigResolver, MetadataImage } from '@weirhouse/broker-metadata';

import type { BrokerPorts } from '../ports.ts';
import type { LimitsSource } from './broker-limits.ts';
import { ClientQuotas } from './client-quotas.ts';
import type { ConnectionLimits } from './connection-gate.ts';
import type { RateWindows } from './windowed-rate.ts';

/** The quotas of a broker: limits from the image, windows from `quota.window.*` and `controller.quota.window.*`. */
export function brokerQuotas(parts: {
  readonly image: MetadataImage;
  readonly configs: ConfigResolver;
  readonly ports: BrokerPorts;
  readonly limits: LimitsSource;
}): ClientQuotas {
  const { configs, image, limits, ports } = parts;
  return new ClientQuotas({
    limits,
    image: image.quotas,
    clock: ports.clock,
    windows: () => rateWindows(configs),
    mutationWindows: () => ({
      count: configs.brokerNumber('controller.quota.window.num'),
      windowMs: configs.brokerNumber('controller.quota.window.size.seconds') * 1000,
    }),
    onThrottled: (key, throttleMs) => ports.probe.onThrottled(key, throttleMs),
  });
}

/** The limits on connections of one listener now: settings that can change, and quotas of addresses. */
export function connectionLimits(
  listener: string,
  parts: {
    readonly image: MetadataImage;
    readonly configs: ConfigResolver;
    readonly limits: LimitsSource;
  },
): ConnectionLimits {
  const { configs, image, limits } = parts;
  const perAddress = Number(configs.listenerText(listener, 'max.connections.per.ip'));
  const overrides = addressOverrides(
    configs.listenerText(listener, 'max.connections.per.ip.overrides') ?? '',
  );
  return {
    windows: rateWindows(configs),
    open: Math.min(configs.brokerNumber('max.connections'), limits().connections ?? Infinity),
    openOfListener: Number(configs.listenerText(listener, 'max.connections')),
    openOf: (address) => overrides.get(address) ?? perAddress,
    rate: configs.brokerNumber('max.connection.creation.rate'),
    rateOfListener: Number(configs.listenerText(listener, 'max.connection.creation.rate')),
    rateOf: (address) =>
      image.quotas.limits('connection_creation_rate')
        ? image.quotas.matchIp('connection_creation_rate', address.replace(/^::ffff:/, ''))
        : undefined,
  };
}

function rateWindows(configs: ConfigResolver): RateWindows {
  return {
    count: configs.brokerNumber('quota.window.num'),
    windowMs: configs.brokerNumber('quota.window.size.seconds') * 1000,
  };
}

/** `address:count` items; an address of IPv6 has colons itself. */
function addressOverrides(text: string): ReadonlyMap<string, number> {
  const items = text.split(',').filter((item) => item !== '');
  return new Map(
    items.map((item) => {
      const at = item.lastIndexOf(':');
      return [item.slice(0, at).trim(), Number(item.slice(at + 1))] as const;
    }),
  );
}
