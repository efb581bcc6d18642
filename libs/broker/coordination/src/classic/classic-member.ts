import type { JoinGroupAnswer, Respond, SyncGroupAnswer } from '../messages.ts';

export interface MemberProtocol {
  readonly name: string;
  /** Owned by the member; opaque unless the protocol type is "consumer". */
  readonly metadata: Buffer;
}

/** Bytes of metadata over all protocols. */
export function metadataBytesOf(protocols: readonly { readonly metadata: Buffer }[]): number {
  return protocols.reduce((sum, { metadata }) => sum + metadata.length, 0);
}

/** A join that waits for the end of the join phase. */
export interface ParkedJoin {
  readonly respond: Respond<JoinGroupAnswer>;
  readonly apiVersion: number;
}

/** What a member says of itself when it joins. */
export interface MemberProfile {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly protocols: readonly MemberProtocol[];
}

/**
 * One member of a classic group. Everything here lives in memory only: what outlives the process
 * is the group's record. Parked answers are changed by the group, which counts them.
 */
export class ClassicMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  protocols: readonly MemberProtocol[];
  /** True until the first generation it takes part in. */
  isNew = true;
  parkedJoin: ParkedJoin | undefined;
  parkedSync: Respond<SyncGroupAnswer> | undefined;

  constructor(profile: MemberProfile) {
    this.memberId = profile.memberId;
    this.instanceId = profile.instanceId;
    this.clientId = profile.clientId;
    this.clientHost = profile.clientHost;
    this.sessionTimeoutMs = profile.sessionTimeoutMs;
    this.rebalanceTimeoutMs = profile.rebalanceTimeoutMs;
    this.protocols = profile.protocols;
  }

  /** The metadata for that protocol; undefined when the member does not speak it. */
  findMetadata(protocolName: string | null): Buffer | undefined {
    return this.protocols.find((protocol) => protocol.name === protocolName)?.metadata;
  }

  /** True when the protocols are the same, in the same order, with the same metadata. */
  hasSameProtocols(protocols: readonly MemberProtocol[]): boolean {
    if (protocols.length !== this.protocols.length) return false;
    return this.protocols.every((mine, index) => {
      const theirs = protocols[index];
      return (
        theirs !== undefined && mine.name === theirs.name && mine.metadata.equals(theirs.metadata)
      );
    });
  }
}
