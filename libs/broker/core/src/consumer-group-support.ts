import {
  GROUP_VERSION_FEATURE,
  type ConfigResolver,
  type MetadataImage,
} from '@weirhouse/broker-metadata';

import { CONSUMER_GROUPS_LEVEL } from './features.ts';
import { listSetting } from './list-setting.ts';

/** True when the cluster and this broker serve consumer groups (KIP-848). */
export function servesConsumerGroups(services: {
  readonly configs: ConfigResolver;
  readonly image: MetadataImage;
}): boolean {
  const { configs, image } = services;
  if (image.featureLevel(GROUP_VERSION_FEATURE) < CONSUMER_GROUPS_LEVEL) return false;
  return listSetting(configs, 'group.coordinator.rebalance.protocols').includes('consumer');
}
