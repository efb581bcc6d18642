import type { ConfigResolver, MetadataImage } from '@weirhouse/broker-metadata';

import type { BrokerPorts } from '../ports.ts';
import { ClientQuotas } from './client-quotas.ts';

/** The quotas of a broker: limits from the image, windows from `quota.window.*`. */
export function brokerQuotas(parts: {
  readonly image: MetadataImage;
  readonly configs: ConfigResolver;
  readonly ports: BrokerPorts;
}): ClientQuotas {
  const { configs, image, ports } = parts;
  return new ClientQuotas({
    image: image.quotas,
    clock: ports.clock,
    windows: () => ({
      count: configs.brokerNumber('quota.window.num'),
      windowMs: configs.brokerNumber('quota.window.size.seconds') * 1000,
    }),
    onThrottled: (key, throttleMs) => ports.probe.onThrottled(key, throttleMs),
  });
}
