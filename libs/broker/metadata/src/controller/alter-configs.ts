import { KafkaError } from '@weirhouse/kafka-protocol';
import type { AlterConfigsRequest } from '@weirhouse/kafka-protocol/messages/alter-configs-request';
import type { AlterConfigsResponse } from '@weirhouse/kafka-protocol/messages/alter-configs-response';
import type { IncrementalAlterConfigsRequest } from '@weirhouse/kafka-protocol/messages/incremental-alter-configs-request';
import type { IncrementalAlterConfigsResponse } from '@weirhouse/kafka-protocol/messages/incremental-alter-configs-response';
import { BROKER_CONFIGS } from '../configs/broker-configs.ts';
import type { ConfigDefinition } from '../configs/definition.ts';
import { ConfigResourceType } from '../configs/resolver.ts';
import { TOPIC_CONFIGS } from '../configs/topic-configs.ts';
import type { MetadataRecord } from '../records.ts';
import { type ConfigChange, type Overrides, applyChanges } from './config-changes.ts';
import type { ApiError, ControllerContext, ControllerResult } from './controller-types.ts';
import { type CheckedSettings, checkSettings, checkTopicSettings } from './topic-settings.ts';

interface Resource {
  readonly resourceType: number;
  readonly resourceName: string;
}

/** New overrides of one resource, worked out from the present ones, or why not. */
type Edit = (present: Overrides, definitions: Definitions) => CheckedSettings;
type Definitions = ReadonlyMap<string, ConfigDefinition>;

const NO_ERROR: ApiError = { errorCode: KafkaError.NONE, errorMessage: null };

/**
 * IncrementalAlterConfigs (KIP-339) for topics and brokers: set, delete, append, subtract. Each
 * resource succeeds or fails by itself. Errors: 3 unknown topic, 40 unknown settings and settings of
 * a topic, 42 settings of a broker and the form of the request, 102 unknown broker.
 */
export function incrementalAlterConfigs(
  context: ControllerContext,
  request: IncrementalAlterConfigsRequest,
): ControllerResult<IncrementalAlterConfigsResponse> {
  const edits = request.resources.map((resource) => {
    const changes: readonly ConfigChange[] = resource.configs;
    const edit: Edit = (present, definitions) =>
      applyChanges(changes, {
        present,
        definitions,
        effective: effectiveTextOf(context, resource, present),
      });
    return [resource, edit] as const;
  });
  return alterResources(context, edits, request.validateOnly);
}

/**
 * AlterConfigs, the older form: the given settings replace all overrides of the resource. Errors as
 * for incrementalAlterConfigs.
 */
export function alterConfigs(
  context: ControllerContext,
  request: AlterConfigsRequest,
): ControllerResult<AlterConfigsResponse> {
  const edits = request.resources.map((resource) => {
    const edit: Edit = () => {
      const values = new Map<string, string>();
      for (const { name, value } of resource.configs) {
        if (value === null) return invalidRequest(`The value of ${name} must not be null.`);
        values.set(name, value);
      }
      return { ok: true, values };
    };
    return [resource, edit] as const;
  });
  return alterResources(context, edits, request.validateOnly);
}

function alterResources(
  context: ControllerContext,
  edits: readonly (readonly [Resource, Edit])[],
  validateOnly: boolean,
): ControllerResult<AlterConfigsResponse> {
  const records: MetadataRecord[] = [];
  const seen = new Set<string>();
  const responses = edits.map(([resource, edit]) => {
    const { resourceType, resourceName } = resource;
    const key = `${resourceType}:${resourceName}`;
    const outcome = seen.has(key)
      ? invalidRequest('The resource is repeated in the request.')
      : alterResource(context, resource, edit);
    seen.add(key);
    if (outcome.ok) records.push(...differences(context, resource, outcome.values));
    return { ...(outcome.ok ? NO_ERROR : outcome.error), resourceType, resourceName };
  });
  return { records: validateOnly ? [] : records, response: { throttleTimeMs: 0, responses } };
}

function invalidRequest(errorMessage: string): { readonly ok: false; error: ApiError } {
  return { ok: false, error: { errorCode: KafkaError.INVALID_REQUEST, errorMessage } };
}

function alterResource(
  context: ControllerContext,
  resource: Resource,
  edit: Edit,
): CheckedSettings {
  const { resourceType, resourceName } = resource;
  const present = context.image.configs.of(resourceType, resourceName);
  switch (resourceType) {
    case ConfigResourceType.TOPIC: {
      if (context.image.topics.find(resourceName) === undefined) {
        const errorMessage = `Topic ${resourceName} does not exist.`;
        return {
          ok: false,
          error: { errorCode: KafkaError.UNKNOWN_TOPIC_OR_PARTITION, errorMessage },
        };
      }
      const edited = edit(present, TOPIC_CONFIGS);
      return edited.ok ? checkTopicSettings(context.configs, edited.values) : edited;
    }
    case ConfigResourceType.BROKER: {
      const fault = findBrokerFault(context, resourceName);
      if (fault !== undefined) return { ok: false, error: fault };
      const edited = edit(present, BROKER_CONFIGS);
      return edited.ok ? checkBrokerSettings(edited.values, resourceName) : edited;
    }
    default:
      return invalidRequest(`Settings of resource type ${resourceType} cannot be altered.`);
  }
}

function findBrokerFault(context: ControllerContext, name: string): ApiError | undefined {
  if (name === '') return undefined;
  if (!/^\d{1,10}$/.test(name)) {
    const errorMessage = `A broker resource is named by a number or by nothing, not by ${name}.`;
    return { errorCode: KafkaError.INVALID_REQUEST, errorMessage };
  }
  if (context.image.brokers.find(Number(name)) !== undefined) return undefined;
  const errorMessage = `Broker ${name} is not registered.`;
  return { errorCode: KafkaError.BROKER_ID_NOT_REGISTERED, errorMessage };
}

function checkBrokerSettings(values: Overrides, brokerName: string): CheckedSettings {
  for (const name of values.keys()) {
    const scope = BROKER_CONFIGS.get(name)?.dynamic;
    if (scope === 'read-only') {
      return invalidRequest(`${name} cannot be changed while the broker runs.`);
    }
    if (scope === 'per-broker' && brokerName === '') {
      return invalidRequest(`${name} can be changed for one broker only, not for all.`);
    }
  }
  const checked = checkSettings(BROKER_CONFIGS, values);
  if (checked.ok) return checked;
  // Kafka has the broker check these, and its faults are faults of the request.
  return { ok: false, error: { ...checked.error, errorCode: KafkaError.INVALID_REQUEST } };
}

/** What a list setting holds now, for append and subtract. */
function effectiveTextOf(
  context: ControllerContext,
  resource: Resource,
  present: Overrides,
): (definition: ConfigDefinition) => string {
  if (resource.resourceType === ConfigResourceType.TOPIC) {
    return (definition) => context.configs.resolveTopic(definition, present).value ?? '';
  }
  return (definition) => present.get(definition.name) ?? definition.defaultValue ?? '';
}

/** Records for what changes; overrides that stay as they are need none. */
function differences(
  context: ControllerContext,
  { resourceType, resourceName }: Resource,
  values: Overrides,
): readonly MetadataRecord[] {
  const present = context.image.configs.of(resourceType, resourceName);
  const record = (name: string, value: string | null): MetadataRecord => ({
    kind: 'config',
    body: { resourceType, resourceName, name, value },
  });
  const removed = [...present.keys()].filter((name) => !values.has(name));
  const changed = [...values].filter(([name, value]) => present.get(name) !== value);
  return [
    ...removed.map((name) => record(name, null)),
    ...changed.map(([name, value]) => record(name, value)),
  ];
}
