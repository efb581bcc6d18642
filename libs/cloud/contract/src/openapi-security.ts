import type { JsonObject } from './json-schema.ts';
import type { CredentialKind, Route } from './route.ts';

/** How each kind of credential is shown, by the name that operations call it. */
export const SECURITY_SCHEMES: Readonly<Record<CredentialKind, JsonObject>> = {
  'cloud-key': {
    type: 'http',
    scheme: 'basic',
    description: 'A Cloud or Global API key: its id as the user name, its secret as the password.',
  },
  'kafka-key': {
    type: 'http',
    scheme: 'basic',
    description: 'An API key of the cluster that the path names, or a Global API key.',
  },
  session: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The token of a signed-in user.',
  },
  sts: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: "A token that an identity provider's was exchanged for.",
  },
};

/** Any one of the route's kinds opens it; an empty list says that it is open to everybody. */
export function securityOf({ credentials }: Route): readonly JsonObject[] {
  return credentials.map((kind) => ({ [kind]: [] }));
}
