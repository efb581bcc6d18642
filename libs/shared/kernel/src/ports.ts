/** Time as a port: pure code is handed one and never reads the machine's clock. */
export interface Clock {
  /** Milliseconds since the Unix epoch; may jump. */
  wallMs(): number;
  /** Milliseconds from an arbitrary start; never goes back. May have a fraction. */
  monotonicMs(): number;
}

/** Randomness as a port: the system's generator in processes, a seeded one in tests. */
export interface Random {
  /** `length` random bytes; cryptographically strong in processes. */
  bytes(length: number): Buffer;
  /** An integer in [0, bound). */
  below(bound: number): number;
}

/** Timers as a port: one-shot, cancelled by the function that is returned. */
export interface Timers {
  /** Runs `callback` once, `delayMs` from now at the earliest. Returns the cancel function. */
  after(delayMs: number, callback: () => void): () => void;
}

/** A log that takes fields and a sentence; the process decides where it goes. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
