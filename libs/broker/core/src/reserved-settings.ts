import { ConfigResourceType } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';

import type { RequestContext } from './handler.ts';

/** `listener.name.<listener>.`, behind which a setting may follow, or a mechanism and then a setting. */
const LISTENER_PREFIX = /^listener\.name\.[^.]+\./;

/** Settings that are to be changed on one resource. */
interface SettingChanges {
  readonly resourceType: number;
  readonly configs: readonly { readonly name: string }[];
}

/** Why a change of a broker's settings is refused (44): one of them belongs to the platform. */
export function findReservedFault(
  { caller, services }: RequestContext,
  { configs, resourceType }: SettingChanges,
): { readonly errorCode: number; readonly errorMessage: string } | undefined {
  const { access, reservedSettings } = services;
  const isFree = reservedSettings.size === 0 || access.isPlatform(caller);
  if (isFree || resourceType !== ConfigResourceType.BROKER) return undefined;
  const reserved = configs.find(({ name }) => isReserved(reservedSettings, name));
  if (reserved === undefined) return undefined;
  const errorMessage = `${reserved.name} belongs to the platform: only a super user changes it.`;
  return { errorCode: KafkaError.POLICY_VIOLATION, errorMessage };
}

function isReserved(reserved: ReadonlySet<string>, name: string): boolean {
  if (!LISTENER_PREFIX.test(name)) return reserved.has(name);
  const rest = name.replace(LISTENER_PREFIX, '');
  return reserved.has(rest) || reserved.has(rest.slice(rest.indexOf('.') + 1));
}
