import { ApiKey, type ApiInfo } from './generated/api-keys.ts';

/** The request header's version for `version` of an API: 2 in flexible versions, otherwise 1. */
export function requestHeaderVersion(api: Pick<ApiInfo, 'flexibleFrom'>, version: number): 1 | 2 {
  return version >= api.flexibleFrom ? 2 : 1;
}

/**
 * The response header's version: 1 in flexible versions, otherwise 0. Always 0 for ApiVersions
 * (KIP-511): a client that asked in a version the broker lacks must still be able to read the answer.
 */
export function responseHeaderVersion(
  api: Pick<ApiInfo, 'apiKey' | 'flexibleFrom'>,
  version: number,
): 0 | 1 {
  if (api.apiKey === ApiKey.ApiVersions) return 0;
  return version >= api.flexibleFrom ? 1 : 0;
}
