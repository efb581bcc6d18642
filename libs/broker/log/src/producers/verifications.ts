/**
 * Stands for one question to the transaction coordinator whether a producer's transaction holds this
 * partition (KIP-890). An append that brings it back after a yes may begin the transaction here. Only
 * the very object counts: one from before a marker proves nothing.
 */
export interface VerificationGuard {
  readonly producerId: number;
}

/** What a verification is begun with. */
export interface VerificationRequest {
  readonly producerId: number;
  readonly producerEpoch: number;
  /** Of the batch that waits; -1 for a coordinator's. A later one may not overtake it. */
  readonly baseSequence: number;
  /** True for producers whose epoch rises with every transaction (KIP-890 part 2, "TV2"). */
  readonly supportsEpochBump: boolean;
  readonly nowMs: number;
}

/** A verification under way, or answered and not used yet. */
export interface Verification {
  readonly guard: VerificationGuard;
  readonly supportsEpochBump: boolean;
  readonly startedMs: number;
  readonly lowestSequence: number;
}

interface OpenVerification extends Verification {
  producerEpoch: number;
  lowestSequence: number;
}

/** The verifications of one partition: in memory only, a restart makes producers ask again. */
export class Verifications {
  /** Undefined until the first: most partitions have none. */
  #byProducer: Map<number, OpenVerification> | undefined;

  find(producerId: number): Verification | undefined {
    return this.#byProducer?.get(producerId);
  }

  /** Begins a verification, or joins the one that the producer has. */
  begin(request: VerificationRequest): VerificationGuard {
    const { baseSequence, nowMs, producerEpoch, producerId, supportsEpochBump } = request;
    this.#byProducer ??= new Map();
    const known = this.#byProducer.get(producerId);
    if (known === undefined) {
      const guard: VerificationGuard = { producerId };
      this.#byProducer.set(producerId, {
        guard,
        supportsEpochBump,
        startedMs: nowMs,
        producerEpoch,
        lowestSequence: baseSequence,
      });
      return guard;
    }
    if (producerEpoch > known.producerEpoch) {
      known.producerEpoch = producerEpoch;
      known.lowestSequence = baseSequence;
    } else if (producerEpoch === known.producerEpoch)
      known.lowestSequence = Math.min(known.lowestSequence, baseSequence);
    return known.guard;
  }

  /** True when `guard` is the one of the producer's present verification. */
  isCurrent(producerId: number, guard: VerificationGuard | undefined): boolean {
    return guard !== undefined && this.#byProducer?.get(producerId)?.guard === guard;
  }

  /** A transaction of the producer has begun: its verification is used up. */
  onBegun(producerId: number): void {
    this.#byProducer?.delete(producerId);
  }

  /**
   * A marker of the producer was appended: what was asked before it proves nothing any more. With an
   * epoch per transaction a marker has the epoch of the next one, whose verification it may meet.
   */
  onMarker(producerId: number, producerEpoch: number): void {
    const known = this.#byProducer?.get(producerId);
    if (known?.supportsEpochBump === true && known.producerEpoch === producerEpoch) return;
    this.#byProducer?.delete(producerId);
  }

  /** Drops verifications begun before `beforeMs`. */
  expire(beforeMs: number): void {
    const byProducer = this.#byProducer;
    if (byProducer === undefined) return;
    for (const [producerId, { startedMs }] of byProducer)
      if (startedMs < beforeMs) byProducer.delete(producerId);
  }
}
