/**
 * Settings of brokers that belong to the platform: who reaches a broker, how it knows them, and what it
 * loads. Brokers let nobody else change them, also not for a listener of its own.
 */
export const PLATFORM_SETTINGS: readonly string[] = [
  'config.providers',
  'cordoned.log.dirs',
  'listener.security.protocol.map',
  'listeners',
  'max.connection.creation.rate',
  'max.connections',
  'max.connections.per.ip',
  'max.connections.per.ip.overrides',
  'metric.reporters',
  'principal.builder.class',
  'sasl.enabled.mechanisms',
  'sasl.jaas.config',
  'ssl.client.auth',
  'ssl.engine.factory.class',
  'ssl.key.password',
  'ssl.keystore.certificate.chain',
  'ssl.keystore.key',
  'ssl.keystore.location',
  'ssl.keystore.password',
  'ssl.keystore.type',
  'ssl.truststore.certificates',
  'ssl.truststore.location',
  'ssl.truststore.password',
  'ssl.truststore.type',
];

/** One of them that is changed at run time all the same; the platform itself never does that. */
export interface ChangedSetting {
  /** A broker's id; empty = all brokers. */
  readonly broker: string;
  readonly name: string;
}

/** In one phrase, without the value: it may be a secret. */
export function describeChange({ broker, name }: ChangedSetting): string {
  return `${name} of ${broker === '' ? 'all brokers' : `broker ${broker}`} was changed at run time`;
}
