import {
  defaultDescribeConfigsRequest,
  defaultDescribeConfigsResource,
} from '@weirhouse/kafka-protocol/messages/describe-configs-request';
import {
  defaultIncrementalAlterConfigsRequestAlterableConfig,
  defaultIncrementalAlterConfigsRequestAlterConfigsResource,
} from '@weirhouse/kafka-protocol/messages/incremental-alter-configs-request';
import { AppError } from '@weirhouse/shared-kernel';
import type { Send } from '../api.ts';
import { findKafkaError, requireSuccess } from '../errors.ts';
import { insideApis } from '../inside-apis.ts';

/** What has settings. A broker with an empty name means all brokers. */
export interface ConfigResource {
  readonly type: 'topic' | 'broker';
  /** A topic's name, a broker's id, or empty. */
  readonly name: string;
}

/** Where a value comes from. */
export type ConfigSource =
  | 'topic'
  | 'broker'
  | 'default-broker'
  | 'static-broker'
  | 'default'
  | 'broker-logger'
  | 'unknown';

/** A value that would be in effect without those before it. */
export interface ConfigSynonym {
  readonly name: string;
  readonly value: string | null;
  readonly source: ConfigSource;
}

/** A setting with where its value comes from; the value of a sensitive one is null. */
export interface ConfigEntry extends ConfigSynonym {
  readonly isReadOnly: boolean;
  readonly isSensitive: boolean;
  readonly synonyms: readonly ConfigSynonym[];
}

/** The settings of one resource, or why they cannot be told. */
export interface DescribedConfigs {
  readonly name: string;
  readonly configs: readonly ConfigEntry[];
  readonly error: AppError | undefined;
}

/** One change; undefined = back to the default. */
export interface ConfigChange {
  readonly name: string;
  readonly value: string | undefined;
}

const RESOURCE_TYPE_CODES = { topic: 2, broker: 4 } as const;
const SET = 0;
const DELETE = 1;

/** `DescribeConfigsResponse.ConfigSource`, by its code. */
const SOURCES: readonly ConfigSource[] = [
  'unknown',
  'topic',
  'broker',
  'default-broker',
  'static-broker',
  'default',
  'broker-logger',
];

/** Reads settings, each resource with its own outcome; `names` = only these settings. */
export async function describeConfigs(
  send: Send,
  resources: readonly ConfigResource[],
  names?: readonly string[],
): Promise<readonly DescribedConfigs[]> {
  const response = await send(insideApis.describeConfigs, {
    ...defaultDescribeConfigsRequest(),
    includeSynonyms: true,
    resources: resources.map(({ type, name }) =>
      Object.assign(defaultDescribeConfigsResource(), {
        resourceType: RESOURCE_TYPE_CODES[type],
        resourceName: name,
        configurationKeys: names ?? null,
      }),
    ),
  });
  return response.results.map(({ resourceName, configs, errorCode, errorMessage }) => ({
    name: resourceName,
    error: findKafkaError(errorCode, errorMessage),
    configs: configs.map(({ name, value, configSource, readOnly, isSensitive, synonyms }) => ({
      name,
      value,
      source: configSourceOf(configSource),
      isReadOnly: readOnly,
      isSensitive,
      synonyms: synonyms.map((synonym) => ({
        name: synonym.name,
        value: synonym.value,
        source: configSourceOf(synonym.source),
      })),
    })),
  }));
}

/** Changes settings of one resource, all or none. */
export async function alterConfigs(
  send: Send,
  { type, name }: ConfigResource,
  request: { readonly changes: readonly ConfigChange[]; readonly validateOnly: boolean },
): Promise<void> {
  const response = await send(insideApis.incrementalAlterConfigs, {
    validateOnly: request.validateOnly,
    resources: [
      Object.assign(defaultIncrementalAlterConfigsRequestAlterConfigsResource(), {
        resourceType: RESOURCE_TYPE_CODES[type],
        resourceName: name,
        configs: request.changes.map((change) =>
          Object.assign(defaultIncrementalAlterConfigsRequestAlterableConfig(), {
            name: change.name,
            configOperation: change.value === undefined ? DELETE : SET,
            value: change.value ?? null,
          }),
        ),
      }),
    ],
  });
  const [result] = response.responses;
  if (!result) throw new AppError('corrupt', 'the broker did not answer for the settings');
  requireSuccess(result.errorCode, result.errorMessage);
}

/** The source of a code on the wire. */
export function configSourceOf(code: number): ConfigSource {
  return SOURCES[code] ?? 'unknown';
}
