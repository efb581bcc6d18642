import { Injectable } from '@nestjs/common';

/** One thing this process needs to serve: answers undefined when fine, else what is wrong. */
export type ReadinessCheck = () => Promise<string | undefined> | string | undefined;

/** Collects the checks behind /readyz. */
@Injectable()
export class Readiness {
  readonly #checks = new Map<string, ReadinessCheck>();

  /** Adds a check; one name, one check. */
  add(name: string, check: ReadinessCheck): void {
    this.#checks.set(name, check);
  }

  /** What is wrong now, by check; empty = ready. */
  async problems(): Promise<Readonly<Record<string, string>>> {
    const found: Record<string, string> = {};
    for (const [name, check] of this.#checks) {
      const problem = await check();
      if (problem !== undefined) found[name] = problem;
    }
    return found;
  }
}
