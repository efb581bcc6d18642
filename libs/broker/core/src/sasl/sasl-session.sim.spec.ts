import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { apiCalls } from '../testing/api-calls.ts';
import { FakeVerifier, oauthMessage } from '../testing/fake-verifier.ts';
import type { TestClient } from '../testing/test-client.ts';
import { SASL_LISTENER, TestTube } from '../testing/test-tube.ts';

const LIMIT_MS = 5_000;

type Step =
  | { readonly do: 'handshake'; readonly mechanism: string; readonly version: number }
  | { readonly do: 'token'; readonly token: string }
  | { readonly do: 'ask' }
  | { readonly do: 'wait'; readonly ms: number };

const steps = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constant('handshake' as const),
      mechanism: fc.constantFrom('OAUTHBEARER', 'OAUTHBEARER', 'OAUTHBEARER', 'PLAIN', 'OTHER'),
      version: fc.constantFrom(1, 1, 1, 0),
    }),
    fc.record({
      do: fc.constant('token' as const),
      token: fc.constantFrom(
        'agent.60000',
        'agent.60000',
        'agent.2000',
        'robot.60000',
        'bad',
        '\u0001',
      ),
    }),
    fc.record({ do: fc.constant('ask' as const) }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(10, 900, 1_500, 6_000) }),
  ),
  { maxLength: 16 },
);

/** The least that must hold, as plainly as possible: who is in, and until when. */
class Witness {
  endsMs = -1;
  principal: string | undefined;
  /** Only a handshake that was answered 0 may be followed by a token that counts. */
  mayLogIn = false;
  served = 0;
  readonly faults: Step[] = [];
}

function send(tube: TestTube, client: TestClient, step: Step, witness: Witness): void {
  const now = tube.time.monotonicMs();
  if (step.do === 'wait') return tube.advance(step.ms);
  if (step.do === 'handshake') {
    const { mechanism, version } = step;
    const exchange = client.send(apiCalls.saslHandshake, version, { mechanism });
    const isTaken = exchange.frame !== undefined && exchange.response().errorCode === 0;
    witness.mayLogIn = isTaken && version === 1 && mechanism === 'OAUTHBEARER';
    return;
  }
  if (step.do === 'token') {
    const isEnd = step.token === '\u0001';
    const authBytes = isEnd ? Buffer.from([1]) : oauthMessage({ token: step.token });
    const exchange = client.send(apiCalls.saslAuthenticate, 2, { authBytes });
    const [, subject, lifetimeMs] = /^(\w+)\.(\d+)$/.exec(step.token) ?? [];
    const isIn =
      exchange.frame !== undefined &&
      exchange.response().errorCode === 0 &&
      exchange.response().authBytes.length === 0;
    if (!isIn) return;
    if (!witness.mayLogIn || subject !== (witness.principal ?? subject)) witness.faults.push(step);
    witness.principal = subject;
    witness.endsMs = now + Math.min(LIMIT_MS, Number(lifetimeMs));
    witness.mayLogIn = false;
    return;
  }
  const isServed = client.send(apiCalls.metadata, 5, { topics: null }).frame !== undefined;
  const mayBeServed = witness.principal !== undefined && now < witness.endsMs && !witness.mayLogIn;
  if (isServed) witness.served++;
  if (isServed && !mayBeServed) witness.faults.push(step);
}

const LOGIN: readonly Step[] = [
  { do: 'handshake', mechanism: 'OAUTHBEARER', version: 1 },
  { do: 'token', token: 'agent.60000' },
];

it('serves nobody without a login that holds, whatever is sent in whatever order', () => {
  const verifier = new FakeVerifier();
  const settings = {
    'sasl.enabled.mechanisms': 'OAUTHBEARER,PLAIN',
    'connections.max.reauth.ms': String(LIMIT_MS),
  };
  const tube = new TestTube({ tokenVerifier: verifier, settings });
  verifier.clock = tube.time;
  const faults: Step[] = [];
  let served = 0;
  fc.assert(
    fc.property(fc.boolean(), steps, (beginsWell, script) => {
      const client = tube.connect(SASL_LISTENER);
      const witness = new Witness();
      for (const step of beginsWell ? [...LOGIN, ...script] : script)
        if (!client.isClosed) send(tube, client, step, witness);
      client.disconnect();
      faults.push(...witness.faults);
      served += witness.served;
      return witness.faults.length === 0;
    }),
    { seed: 11, numRuns: 3_000 },
  );
  expect(faults).toEqual([]);
  expect(served).toBeGreaterThan(1_000);
});
