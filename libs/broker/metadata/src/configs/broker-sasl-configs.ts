import { distinctList } from './checks.ts';
import { type ConfigDefinition, define } from './definition.ts';

/** Broker settings about SASL and Kerberos. */
export const BROKER_SASL_CONFIGS: readonly ConfigDefinition[] = [
  define('sasl.server.callback.handler.class', 'CLASS', null, {
    doc: 'The class that checks credentials for a mechanism.',
  }),
  define('sasl.kerberos.principal.to.local.rules', 'LIST', 'DEFAULT', {
    check: distinctList(),
    dynamic: 'per-broker',
    doc: 'Rules that make a short name of a Kerberos principal.',
  }),
  define('sasl.jaas.config', 'PASSWORD', null, {
    dynamic: 'per-broker',
    doc: 'The login module of a mechanism with its options.',
  }),
  define('sasl.client.callback.handler.class', 'CLASS', null, {
    doc: 'The class that gives a connection of the broker its credentials.',
  }),
  define('sasl.login.class', 'CLASS', null, {
    doc: 'The class of a login.',
  }),
  define('sasl.login.callback.handler.class', 'CLASS', null, {
    doc: 'The class that gives a login its credentials.',
  }),
  define('sasl.kerberos.service.name', 'STRING', null, {
    dynamic: 'per-broker',
    doc: 'The Kerberos name of this service.',
  }),
  define('sasl.kerberos.kinit.cmd', 'STRING', '/usr/bin/kinit', {
    dynamic: 'per-broker',
    doc: 'The path of the kinit program.',
  }),
  define('sasl.kerberos.ticket.renew.window.factor', 'DOUBLE', '0.8', {
    dynamic: 'per-broker',
    doc: "The share of a ticket's life after which it is renewed.",
  }),
  define('sasl.kerberos.ticket.renew.jitter', 'DOUBLE', '0.05', {
    dynamic: 'per-broker',
    doc: "The random share that is added to the time of a ticket's renewal.",
  }),
  define('sasl.kerberos.min.time.before.relogin', 'LONG', '60000', {
    dynamic: 'per-broker',
    doc: 'The shortest time between two Kerberos logins.',
  }),
  define('sasl.login.refresh.window.factor', 'DOUBLE', '0.8', {
    dynamic: 'per-broker',
    doc: "The share of a credential's life after which it is renewed.",
  }),
  define('sasl.login.refresh.window.jitter', 'DOUBLE', '0.05', {
    dynamic: 'per-broker',
    doc: "The random share that is added to the time of a credential's renewal.",
  }),
  define('sasl.login.refresh.min.period.seconds', 'SHORT', '60', {
    dynamic: 'per-broker',
    doc: 'The shortest time between two renewals of a credential, in seconds.',
  }),
  define('sasl.login.refresh.buffer.seconds', 'SHORT', '300', {
    dynamic: 'per-broker',
    doc: 'How long before its end a credential is renewed at the latest, in seconds.',
  }),
  define('sasl.login.connect.timeout.ms', 'INT', null, {
    doc: 'How long a login waits for its connection to the identity provider.',
  }),
  define('sasl.login.read.timeout.ms', 'INT', null, {
    doc: 'How long a login waits for the answer of the identity provider.',
  }),
  define('sasl.login.retry.backoff.max.ms', 'LONG', '10000', {
    doc: 'The longest pause before a failed login is tried again.',
  }),
  define('sasl.login.retry.backoff.ms', 'LONG', '100', {
    doc: 'The first pause before a failed login is tried again.',
  }),
];
