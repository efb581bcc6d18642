import { atLeast, between, distinctList, oneOf } from './checks.ts';
import { type ConfigDefinition, define } from './definition.ts';

/** Broker settings about OAUTHBEARER tokens and delegation tokens. */
export const BROKER_TOKEN_CONFIGS: readonly ConfigDefinition[] = [
  define(
    'sasl.oauthbearer.jwt.retriever.class',
    'CLASS',
    'org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever',
    {
      doc: 'The class that fetches a token for connections of the broker.',
    },
  ),
  define(
    'sasl.oauthbearer.jwt.validator.class',
    'CLASS',
    'org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator',
    {
      doc: 'The class that checks tokens.',
    },
  ),
  define('sasl.oauthbearer.scope', 'STRING', null, {
    doc: 'The scope of the tokens that the broker asks for.',
  }),
  define('sasl.oauthbearer.client.credentials.client.id', 'STRING', null, {
    doc: 'The client id that the broker asks for tokens with.',
  }),
  define('sasl.oauthbearer.client.credentials.client.secret', 'PASSWORD', null, {
    doc: 'The client secret that the broker asks for tokens with.',
  }),
  define('sasl.oauthbearer.assertion.algorithm', 'STRING', 'RS256', {
    check: oneOf('ES256', 'RS256'),
    doc: 'The algorithm an assertion is signed with.',
  }),
  define('sasl.oauthbearer.assertion.claim.aud', 'STRING', null, {
    doc: 'The audience of an assertion.',
  }),
  define('sasl.oauthbearer.assertion.claim.exp.seconds', 'INT', '300', {
    check: between(0, 86_400),
    doc: 'How long an assertion is valid, in seconds.',
  }),
  define('sasl.oauthbearer.assertion.claim.iss', 'STRING', null, {
    doc: 'The issuer of an assertion.',
  }),
  define('sasl.oauthbearer.assertion.claim.jti.include', 'BOOLEAN', 'false', {
    doc: 'Whether an assertion carries an id of its own.',
  }),
  define('sasl.oauthbearer.assertion.claim.nbf.seconds', 'INT', '60', {
    check: between(0, 3600),
    doc: 'How long before its making an assertion is valid, in seconds.',
  }),
  define('sasl.oauthbearer.assertion.claim.sub', 'STRING', null, {
    doc: 'The subject of an assertion.',
  }),
  define('sasl.oauthbearer.assertion.file', 'STRING', null, {
    doc: 'A file that holds a finished assertion.',
  }),
  define('sasl.oauthbearer.assertion.private.key.file', 'STRING', null, {
    doc: 'The file of the private key that assertions are signed with.',
  }),
  define('sasl.oauthbearer.assertion.private.key.passphrase', 'PASSWORD', null, {
    doc: 'The passphrase of the key that assertions are signed with.',
  }),
  define('sasl.oauthbearer.assertion.template.file', 'STRING', null, {
    doc: 'A file with headers and claims that every assertion carries.',
  }),
  define('sasl.oauthbearer.scope.claim.name', 'STRING', 'scope', {
    doc: 'The claim of a token that holds its scope.',
  }),
  define('sasl.oauthbearer.sub.claim.name', 'STRING', 'sub', {
    doc: 'The claim of a token that holds its subject.',
  }),
  define('sasl.oauthbearer.token.endpoint.url', 'STRING', null, {
    doc: 'Where the broker asks for tokens.',
  }),
  define('sasl.oauthbearer.jwks.endpoint.url', 'STRING', null, {
    doc: 'Where the keys that tokens are signed with are found.',
  }),
  define('sasl.oauthbearer.jwks.endpoint.refresh.ms', 'LONG', '3600000', {
    doc: 'How often the keys that tokens are signed with are fetched again.',
  }),
  define('sasl.oauthbearer.jwks.endpoint.retry.backoff.ms', 'LONG', '100', {
    doc: 'The first pause before the keys are fetched again after a failure.',
  }),
  define('sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms', 'LONG', '10000', {
    doc: 'The longest pause before the keys are fetched again after a failure.',
  }),
  define('sasl.oauthbearer.clock.skew.seconds', 'INT', '30', {
    doc: "How far the clocks of this broker and of a token's issuer may be apart, in seconds.",
  }),
  define('sasl.oauthbearer.expected.audience', 'LIST', '', {
    check: distinctList(),
    doc: 'Audiences of which a token must name one; empty means any.',
  }),
  define('sasl.oauthbearer.expected.issuer', 'STRING', null, {
    doc: 'The issuer that a token must name.',
  }),
  define('delegation.token.secret.key', 'PASSWORD', null, {
    doc: 'The secret that delegation tokens are made with; all brokers need the same.',
  }),
  define('delegation.token.max.lifetime.ms', 'LONG', '604800000', {
    check: atLeast(1),
    doc: 'How long a delegation token can be renewed at most.',
  }),
  define('delegation.token.expiry.time.ms', 'LONG', '86400000', {
    check: atLeast(1),
    doc: 'How long a delegation token is valid without being renewed.',
  }),
  define('delegation.token.expiry.check.interval.ms', 'LONG', '3600000', {
    check: atLeast(1),
    doc: 'How often delegation tokens that are over are removed.',
  }),
];
