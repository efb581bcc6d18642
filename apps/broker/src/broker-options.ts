import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { BrokerLimits, BrokerOptions, BrokerPorts } from '@weirhouse/broker-core';
import type { ScramUpsertion } from '@weirhouse/broker-metadata';
import { createCodecs } from '@weirhouse/kafka-codecs';
import type { AppError } from '@weirhouse/shared-kernel';
import { clusterSecret } from './cluster-secret.ts';
import { parseListener, protocolsOfListeners, type BrokerConfig } from './config.ts';
import type { DataFolder } from './data-folder.ts';
import { availableMemory, type MemoryBudget } from './memory-budget.ts';
import { staticSettings } from './static-settings.ts';
import type { OpenListener } from './listening.ts';
import { FileRegister } from './storage/file-register.ts';
import { NodeDisk } from './storage/node-disk.ts';
import { findTlsFault } from './tls/tls-fault.ts';
import { alignedMemory, type WalMode } from './storage/wal-file.ts';

/** One partition's newest bytes up to this part of the memory are taken to be in the page cache. */
const CACHED_PART = 16;

/** A volume's bytes, and those that a process without privileges may still take. */
function spaceOf(path: string): { totalBytes: number; usableBytes: number } {
  const { bavail, blocks, bsize } = statfsSync(path);
  return { totalBytes: blocks * bsize, usableBytes: bavail * bsize };
}

export interface BrokerParts {
  readonly config: BrokerConfig;
  readonly listeners: readonly OpenListener[];
  readonly folder: DataFolder;
  readonly credentials: readonly ScramUpsertion[];
  readonly ports: BrokerPorts;
  readonly walMode: WalMode;
  readonly budget: MemoryBudget;
  readonly limits: () => BrokerLimits;
  /** Segment and index files that stay open. */
  readonly openFilesMax: number;
  /** Called once when a serving broker has lost its volume. */
  readonly onFailure: (error: AppError) => void;
}

/** Puts together what the broker's core is made of from the process's parts. */
export function brokerOptions(parts: BrokerParts): BrokerOptions {
  const { config, folder, ports } = parts;
  const settings = config.process;
  const addresses = parts.listeners.map(({ address }) => address);
  const tlsListeners = addresses
    .filter(({ protocol }) => protocol.endsWith('SSL'))
    .map(({ name }) => name);
  const protocols = protocolsOfListeners(config.kafka.get('listener.security.protocol.map') ?? '');
  const told = settings['advertised.listeners'].map((text) =>
    parseListener(text, 'advertised.listeners', protocols),
  );
  return {
    nodeId: folder.nodeId,
    clusterId: folder.clusterId,
    rack: config.kafka.get('broker.rack') ?? null,
    listeners: parts.listeners.map(({ address, tokenVerifier }) => {
      const { host, port } = told.find(({ name }) => name === address.name) ?? address;
      return {
        name: address.name,
        securityProtocol: address.protocol,
        advertisedHost: host,
        advertisedPort: port,
        tokenVerifier,
      };
    }),
    settings: staticSettings({ config, folder, addresses }),
    superUsers: new Set(
      settings['super.users']
        .split(';')
        .map((principal) => principal.trim())
        .filter((principal) => principal !== ''),
    ),
    reservedSettings: new Set(settings['reserved.settings']),
    bootstrap: { credentials: parts.credentials, acls: [] },
    secret: clusterSecret(folder.path, settings['cluster.secret.file']),
    queuedBytesMax: parts.budget.queuedBytes,
    authenticationMsMax: settings['connections.max.authentication.ms'],
    limits: parts.limits,
    storage: {
      disk: new NodeDisk(folder.path, parts.walMode),
      memory: alignedMemory(settings['arena.bytes'] ?? parts.budget.arenaBytes),
      reserveBytes: settings['disk.reserve.bytes'],
      scrubBytesPerSecond: settings['log.scrub.bytes.per.second'],
      scrubIntervalMs: settings['log.scrub.interval.ms'],
      walSegmentBytes: settings['wal.segment.bytes'],
      walSegmentCount: settings['wal.segments'],
      codecs: createCodecs(),
      cachedBytes: Math.floor(availableMemory() / CACHED_PART),
      openFilesMax: parts.openFilesMax,
      readHeldBytesMax: parts.budget.readHeldBytes,
    },
    logDirectory: { id: folder.directoryId, path: folder.path, space: () => spaceOf(folder.path) },
    acknowledge: settings.durability === 'page-cache' ? 'cached' : 'durable',
    register: new FileRegister(join(folder.path, 'register.json')),
    ports,
    findTlsFault: (proposed) =>
      findTlsFault({ listeners: tlsListeners, written: config.listeners, proposed }),
    onFailure: parts.onFailure,
  };
}
