import { openApiDocument, routes, type OpenApiDocument } from '@weirhouse/cloud-contract';

/** Version of the REST description; grows with the contract, not with releases. */
const API_VERSION = '2.0';

/** The whole contract as OpenAPI 3.1. */
export function describeApi(): OpenApiDocument {
  return openApiDocument(Object.values(routes), {
    title: 'Weirhouse control plane',
    version: API_VERSION,
  });
}
