import { KafkaError } from '@weirhouse/kafka-protocol';
import type {
  UpdateFeaturesRequest,
  UpdateFeaturesRequestFeatureUpdateKey,
} from '@weirhouse/kafka-protocol/messages/update-features-request';
import type { UpdateFeaturesResponse } from '@weirhouse/kafka-protocol/messages/update-features-response';
import { METADATA_VERSION_FEATURE } from '../image/metadata-image.ts';
import type { MetadataRecord } from '../records.ts';
import { SUPPORTED_FEATURES } from './bootstrap.ts';
import type { ControllerContext, ControllerResult } from './controller-types.ts';

/** How a level may change, by Kafka's ids (KIP-584). */
export const UpgradeType = { UPGRADE: 1, SAFE_DOWNGRADE: 2, UNSAFE_DOWNGRADE: 3 } as const;

/** From this version on an answer has no results per feature: all are updated or none (KIP-1022). */
const NO_RESULTS_FROM_VERSION = 2;
/** Version 0 has a flag where later ones have an upgrade type. */
const UPGRADE_TYPE_FROM_VERSION = 1;

/**
 * UpdateFeatures (KIP-584, KIP-1022): finalizes levels, all or none. Error 95 when a level is not
 * supported by every registered broker, or goes down without leave. With validateOnly no records.
 */
export function updateFeatures(
  context: ControllerContext,
  request: UpdateFeaturesRequest,
  version: number,
): ControllerResult<UpdateFeaturesResponse> {
  const updates = new Map(request.featureUpdates.map((update) => [update.feature, update]));
  const records: MetadataRecord[] = [];
  for (const update of updates.values()) {
    const type = upgradeTypeOf(update, version);
    const fault = findUpdateFault(context, update, type);
    if (fault !== undefined) return { records: [], response: refusal(fault) };
    const { feature: name, maxVersionLevel: featureLevel } = update;
    if (context.image.featureLevel(name) === featureLevel) continue;
    records.push({ kind: 'featureLevel', body: { name, featureLevel } });
  }
  const results =
    version >= NO_RESULTS_FROM_VERSION
      ? []
      : Array.from(updates.keys(), (feature) => ({
          feature,
          errorCode: KafkaError.NONE,
          errorMessage: null,
        }));
  const response = { throttleTimeMs: 0, errorCode: KafkaError.NONE, errorMessage: null, results };
  return { records: request.validateOnly ? [] : records, response };
}

function upgradeTypeOf(update: UpdateFeaturesRequestFeatureUpdateKey, version: number): number {
  if (version >= UPGRADE_TYPE_FROM_VERSION) return update.upgradeType;
  return update.allowDowngrade ? UpgradeType.SAFE_DOWNGRADE : UpgradeType.UPGRADE;
}

function refusal(fault: string): UpdateFeaturesResponse {
  return {
    throttleTimeMs: 0,
    errorCode: KafkaError.INVALID_UPDATE_VERSION,
    errorMessage: `No feature was updated: ${fault}`,
    results: [],
  };
}

function findUpdateFault(
  context: ControllerContext,
  update: UpdateFeaturesRequestFeatureUpdateKey,
  type: number,
): string | undefined {
  const { feature, maxVersionLevel: level } = update;
  const fault = typeFault(type) ?? levelFault(context, feature, level);
  if (fault !== undefined) return `level ${level} of feature ${feature} ${fault}.`;
  const current = context.image.featureLevel(feature);
  if (level >= current) return undefined;
  if (type === UpgradeType.UPGRADE) {
    return `feature ${feature} is at level ${current}; a downgrade to ${level} needs the upgrade type of a safe or unsafe downgrade.`;
  }
  if (feature !== METADATA_VERSION_FEATURE) return undefined;
  return `${feature} cannot go down from ${current} to ${level}: the log may hold records that the older level does not know.`;
}

function typeFault(type: number): string | undefined {
  const types: readonly number[] = Object.values(UpgradeType);
  return types.includes(type) ? undefined : `was asked for with the unknown upgrade type ${type}`;
}

function levelFault(
  { image }: ControllerContext,
  feature: string,
  level: number,
): string | undefined {
  const own = SUPPORTED_FEATURES.get(feature);
  if (own === undefined) return 'is not supported by the controller';
  if (level < own.min || level > own.max) {
    return `is outside of what the controller supports, ${own.min} to ${own.max}`;
  }
  for (const { features, id } of image.brokers.list()) {
    const range = features.get(feature) ?? { min: 0, max: 0 };
    if (level >= range.min && level <= range.max) continue;
    return `is outside of what broker ${id} supports, ${range.min} to ${range.max}`;
  }
  return undefined;
}
