import {
  type ConnectionGate,
  parsePrincipalMapping,
  type PrincipalMapping,
  type TokenVerifier,
} from '@weirhouse/broker-core';
import { AppError, type Log } from '@weirhouse/shared-kernel';
import type { Registry } from 'prom-client';
import {
  parseListener,
  protocolsOfListeners,
  refuseOpenListeners,
  type BrokerConfig,
  type ListenerAddress,
} from './config.ts';
import { ListenerSettings, SettingSource } from './listener-settings.ts';
import type { DescriptorBudget } from './descriptor-budget.ts';
import type { MemoryBudget } from './memory-budget.ts';
import { Listener } from './net/listener.ts';
import { ReceiveMemory } from './net/receive-memory.ts';
import { tokenVerifierOf } from './oauth/oauth-settings.ts';
import { collectCertificates, countMaterial } from './probe.ts';
import { TlsKeeper } from './tls/tls-keeper.ts';
import { tlsSettingsOf } from './tls/tls-settings.ts';

/** A listener that is open, with its real port. */
export interface OpenListener {
  readonly address: ListenerAddress;
  readonly listener: Listener;
  /** Decides on bearer tokens where OAUTHBEARER is offered. */
  readonly tokenVerifier: TokenVerifier | undefined;
  /** Closes it and stops to look at its files. */
  readonly close: () => void;
}

const RULES = 'ssl.principal.mapping.rules';
const MECHANISMS = 'sasl.enabled.mechanisms';
const SERVED_MECHANISMS = new Set(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER']);

/** Names, protocols and addresses to listen on. Throws `invalid_argument` for what would be unsafe. */
export function wantedListeners({ kafka, process }: BrokerConfig): readonly ListenerAddress[] {
  const protocols = protocolsOfListeners(kafka.get('listener.security.protocol.map') ?? '');
  const wanted = process.listeners.map((text) => parseListener(text, 'listeners', protocols));
  const source = new SettingSource(kafka);
  const clientAuth = (name: string) => new ListenerSettings(name, source).text('ssl.client.auth');
  refuseOpenListeners(wanted, (name) => clientAuth(name) === 'required');
  return wanted;
}

/** What listeners report to, and where their settings are looked up while they serve. */
export interface ListeningParts {
  readonly log: Log;
  readonly registry: Registry;
  readonly source: SettingSource;
  /** Decides on new connections, over all listeners. */
  readonly gate: ConnectionGate;
  readonly budget: MemoryBudget;
  readonly descriptors: DescriptorBudget;
}

/** Opens the port of every listener, in order; `onOpen` is told of each, so that a failed start closes them. */
export async function openListeners(
  config: BrokerConfig,
  { budget, descriptors, gate, log, registry, source }: ListeningParts,
  onOpen: (opened: OpenListener) => void,
): Promise<readonly OpenListener[]> {
  const counts = countMaterial(registry);
  const memory = new ReceiveMemory({
    totalBytesMax: budget.receiveBytes,
    strangersBytesMax: budget.strangersBytes,
  });
  const unsentBytesMax = budget.unsentBytes;
  const expiries: { name: string; expiresMs: () => number | undefined }[] = [];
  const opened: OpenListener[] = [];
  // All of them are built before the first is opened: wrong settings open nothing.
  const wanted = wantedListeners(config);
  const heldMax = Math.floor(descriptors.refused / wanted.length);
  const built = wanted.map((address) => {
    const settings = new ListenerSettings(address.name, source);
    const isSasl = address.protocol.startsWith('SASL_');
    if (isSasl) needMechanism(settings);
    const tls = address.protocol.endsWith('SSL') ? keeperOf(settings, log, counts) : undefined;
    if (tls !== undefined)
      expiries.push({ name: address.name, expiresMs: () => tls.material.expiresMs });
    const tokenVerifier = isSasl
      ? tokenVerifierOf(settings, { log, onLoad: (ok) => counts.onKeys(ok) })
      : undefined;
    return {
      address,
      tls,
      tokenVerifier,
      listener: aListener(address, { gate, memory, unsentBytesMax, heldMax, settings, tls }),
    };
  });
  collectCertificates(registry, expiries);
  for (const { address, listener, tls, tokenVerifier } of built) {
    const close = () => {
      tls?.close();
      listener.close();
    };
    onOpen({ address, listener, tokenVerifier, close });
    const port = await listener.open();
    opened.push({ address: { ...address, port }, listener, tokenVerifier, close });
  }
  return opened;
}

/** A listener on which nobody could log in is a mistake that is better told at the start. */
function needMechanism(settings: ListenerSettings): void {
  const listed = settings.list(MECHANISMS);
  if (listed.some((name) => SERVED_MECHANISMS.has(name))) return;
  throw new AppError(
    'invalid_argument',
    `${MECHANISMS}: listener ${settings.listener} has "${listed.join(',')}"; served here are ${[...SERVED_MECHANISMS].join(', ')}.`,
    { field: MECHANISMS },
  );
}

function aListener(
  address: ListenerAddress,
  parts: {
    readonly gate: ConnectionGate;
    readonly memory: ReceiveMemory;
    readonly unsentBytesMax: number;
    readonly heldMax: number;
    readonly settings: ListenerSettings;
    readonly tls: TlsKeeper | undefined;
  },
): Listener {
  const { settings, tls, ...shared } = parts;
  return new Listener({
    address,
    ...shared,
    ...(tls !== undefined && { tls, mapPrincipal: mappingOf(settings) }),
  });
}

function keeperOf(
  settings: ListenerSettings,
  log: Log,
  counts: ReturnType<typeof countMaterial>,
): TlsKeeper {
  return new TlsKeeper({
    settings: () => tlsSettingsOf(settings),
    onReload: (error) => {
      counts.onCertificate(error === undefined);
      const fields = { listener: settings.listener };
      if (error === undefined) log.info(fields, 'a new certificate is in use');
      else log.error({ ...fields, error }, 'the new certificate cannot be used; the old one stays');
    },
  });
}

function mappingOf(settings: ListenerSettings): PrincipalMapping {
  const parsed = parsePrincipalMapping(settings.text(RULES) ?? '');
  if (parsed.ok) return parsed.map;
  throw new AppError('invalid_argument', `${RULES}: ${parsed.message}.`, { field: RULES });
}
