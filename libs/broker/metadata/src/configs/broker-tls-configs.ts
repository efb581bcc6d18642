import { distinctList, oneOf } from './checks.ts';
import { type ConfigDefinition, define } from './definition.ts';

/** Broker settings about TLS. */
export const BROKER_TLS_CONFIGS: readonly ConfigDefinition[] = [
  define('ssl.client.auth', 'STRING', 'none', {
    check: oneOf('required', 'requested', 'none'),
    dynamic: 'per-broker',
    doc: 'Whether a client must, may or need not show a certificate.',
  }),
  define('ssl.principal.mapping.rules', 'STRING', 'DEFAULT', {
    doc: "Rules that make a principal of the name in a client's certificate.",
  }),
  define('ssl.allow.dn.changes', 'BOOLEAN', 'false', {
    doc: 'Whether a new certificate may carry another distinguished name.',
  }),
  define('ssl.allow.san.changes', 'BOOLEAN', 'false', {
    doc: 'Whether a new certificate may carry other alternative names.',
  }),
  define('ssl.protocol', 'STRING', 'TLSv1.3', {
    dynamic: 'per-broker',
    doc: 'The newest TLS version that is used.',
  }),
  define('ssl.provider', 'STRING', null, {
    dynamic: 'per-broker',
    doc: 'The provider of TLS in the JVM.',
  }),
  define('ssl.enabled.protocols', 'LIST', 'TLSv1.2,TLSv1.3', {
    check: distinctList(),
    dynamic: 'cluster-wide',
    doc: 'TLS versions that clients may choose from.',
  }),
  define('ssl.keystore.type', 'STRING', 'JKS', {
    dynamic: 'per-listener',
    doc: 'The format of the key store: JKS, PKCS12 or PEM.',
  }),
  define('ssl.keystore.location', 'STRING', null, {
    dynamic: 'per-listener',
    doc: 'The file of the key store.',
  }),
  define('ssl.keystore.password', 'PASSWORD', null, {
    dynamic: 'per-listener',
    doc: 'The password of the key store.',
  }),
  define('ssl.key.password', 'PASSWORD', null, {
    dynamic: 'per-listener',
    doc: 'The password of the private key.',
  }),
  define('ssl.keystore.key', 'PASSWORD', null, {
    dynamic: 'per-listener',
    doc: 'The private key itself, in PEM format.',
  }),
  define('ssl.keystore.certificate.chain', 'PASSWORD', null, {
    dynamic: 'per-listener',
    doc: 'The certificate chain itself, in PEM format.',
  }),
  define('ssl.truststore.type', 'STRING', 'JKS', {
    dynamic: 'per-listener',
    doc: 'The format of the trust store: JKS, PKCS12 or PEM.',
  }),
  define('ssl.truststore.location', 'STRING', null, {
    dynamic: 'per-listener',
    doc: 'The file of the trust store.',
  }),
  define('ssl.truststore.password', 'PASSWORD', null, {
    dynamic: 'per-listener',
    doc: 'The password of the trust store.',
  }),
  define('ssl.truststore.certificates', 'PASSWORD', null, {
    dynamic: 'per-listener',
    doc: 'The trusted certificates themselves, in PEM format.',
  }),
  define('ssl.keymanager.algorithm', 'STRING', 'SunX509', {
    dynamic: 'per-broker',
    doc: "The algorithm of the JVM's key manager.",
  }),
  define('ssl.trustmanager.algorithm', 'STRING', 'PKIX', {
    dynamic: 'per-broker',
    doc: "The algorithm of the JVM's trust manager.",
  }),
  define('ssl.endpoint.identification.algorithm', 'STRING', 'https', {
    dynamic: 'per-broker',
    doc: 'How the host name of the other side is checked against its certificate.',
  }),
  define('ssl.secure.random.implementation', 'STRING', null, {
    dynamic: 'per-broker',
    doc: 'The source of randomness for TLS in the JVM.',
  }),
  define('ssl.cipher.suites', 'LIST', '', {
    check: distinctList(),
    dynamic: 'cluster-wide',
    doc: 'Cipher suites that clients may choose from; empty means those of the platform.',
  }),
  define('ssl.engine.factory.class', 'CLASS', null, {
    dynamic: 'per-broker',
    doc: 'The class that makes TLS engines.',
  }),
];
