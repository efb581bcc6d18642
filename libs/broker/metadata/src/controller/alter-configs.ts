import { KafkaError } from '@weirhouse/kafka-protocol';
import type { AlterConfigsRequest } from '@weirhouse/kafka-protocol/messages/alter-configs-request';
import type { AlterConfigsResponse } from '@weirhouse/kafka-protocol/messages/alter-configs-response';
import type { IncrementalAlterConfigsRequest } from '@weirhouse/kafka-protocol/messages/incremental-alter-configs-request';
import type { IncrementalAlterConfigsResponse } from '@weirhouse/kafka-protocol/messages/incremental-alter-configs-response';
import { ConfigResourceType } from '../configs/resolver.ts';
import type { MetadataRecord } from '../records.ts';
import { repeatedNames } from '../repeated-names.ts';
import { type ConfigChange, type Overrides, applyChanges } from './config-changes.ts';
import { CONFIG_KINDS, type ConfigKind } from './config-kinds.ts';
import type { ApiError, ControllerContext, ControllerResult } from './controller-types.ts';
import type { CheckedSettings } from './topic-settings.ts';

interface Resource {
  readonly resourceType: number;
  readonly resourceName: string;
}

/** New overrides of one resource, worked out from the present ones, or why not. */
type Edit = (present: Overrides, kind: ConfigKind) => CheckedSettings;

const NO_ERROR: ApiError = { errorCode: KafkaError.NONE, errorMessage: null };

/**
 * IncrementalAlterConfigs (KIP-339): set, delete, append, subtract. Each resource succeeds or fails by
 * itself. Errors: 3 unknown topic, 40 and 42 what does not fit (see `CONFIG_KINDS`), 42 the form of the
 * request.
 */
export function incrementalAlterConfigs(
  context: ControllerContext,
  request: IncrementalAlterConfigsRequest,
): ControllerResult<IncrementalAlterConfigsResponse> {
  const edits = request.resources.map((resource) => {
    const changes: readonly ConfigChange[] = resource.configs;
    const edit: Edit = (present, { effective, find, forgivesUnknown }) =>
      applyChanges(changes, {
        present,
        find,
        forgivesUnknown,
        effective: (definition) => effective(definition, present) ?? '',
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
  const repeated = repeatedNames(edits.map(([resource]) => keyOf(resource)));
  const responses = edits.map(([resource, edit]) => {
    const { resourceType, resourceName } = resource;
    const outcome = repeated.has(keyOf(resource))
      ? invalidRequest('The resource is repeated in the request.')
      : alterResource(context, resource, edit);
    if (outcome.ok) records.push(...differences(context, resource, outcome.values));
    return { ...(outcome.ok ? NO_ERROR : outcome.error), resourceType, resourceName };
  });
  return { records: validateOnly ? [] : records, response: { throttleTimeMs: 0, responses } };
}

function keyOf({ resourceName, resourceType }: Resource): string {
  return `${resourceType}:${resourceName}`;
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
  const kind = CONFIG_KINDS.get(resourceType);
  if (kind === undefined) {
    return invalidRequest(`Settings of resource type ${resourceType} cannot be altered.`);
  }
  const bound = kind(context);
  const fault = bound.findNameFault(resourceName);
  if (fault !== undefined) return { ok: false, error: fault };
  const edited = edit(context.image.configs.of(resourceType, resourceName), bound);
  const checked = edited.ok ? bound.check(edited.values, resourceName) : edited;
  if (!checked.ok || resourceType !== ConfigResourceType.BROKER) return checked;
  const unusable = findTlsFault(context, resource, checked.values);
  return unusable === undefined ? checked : invalidRequest(unusable);
}

/** As in Kafka: what a broker could not serve with is refused before it is written (error 42). */
function findTlsFault(
  context: ControllerContext,
  resource: Resource,
  values: Overrides,
): string | undefined {
  const { configs } = context;
  const { resourceName } = resource;
  const concernsTls = differences(context, resource, values).some(
    ({ body }) => 'name' in body && body.name.includes('ssl.'),
  );
  const isOurs = resourceName === '' || Number(resourceName) === configs.brokerId;
  if (!concernsTls || !isOurs) return undefined;
  return context.findTlsFault?.(configs.proposing(resourceName, values));
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
