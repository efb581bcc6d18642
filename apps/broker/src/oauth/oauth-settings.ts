import type { TokenVerifier } from '@weirhouse/broker-core';
import { AppError, type Log } from '@weirhouse/shared-kernel';
import type { ListenerSettings } from '../listener-settings.ts';
import { Jwks } from './jwks.ts';
import { JwtVerifier } from './jwt-verifier.ts';

const MECHANISM = 'OAUTHBEARER';
const URL_SETTING = 'sasl.oauthbearer.jwks.endpoint.url';
const PROTOCOLS: ReadonlySet<string> = new Set(['https:', 'http:', 'file:', 'data:']);

/** What the verifiers of all listeners report to. */
export interface OauthReports {
  readonly log: Log;
  readonly onLoad: (ok: boolean) => void;
}

/**
 * The verifier of a listener that offers OAUTHBEARER, by the settings of Kafka (KIP-768); undefined for one
 * that does not. Throws `invalid_argument` when there is no place to get keys from.
 */
export function tokenVerifierOf(
  settings: ListenerSettings,
  { log, onLoad }: OauthReports,
): TokenVerifier | undefined {
  if (!settings.list('sasl.enabled.mechanisms').includes(MECHANISM)) return undefined;
  const text = (name: string) => settings.text(`sasl.oauthbearer.${name}`, MECHANISM);
  const number = (name: string) => Number(text(name));
  const url = parseUrl(settings.text(URL_SETTING, MECHANISM), settings.listener);
  const shown = url.protocol === 'data:' ? 'data:' : `${url.origin}${url.pathname}`;
  const jwks = new Jwks({
    url,
    refreshMs: number('jwks.endpoint.refresh.ms'),
    retryBackoffMs: number('jwks.endpoint.retry.backoff.ms'),
    retryBackoffMsMax: number('jwks.endpoint.retry.backoff.max.ms'),
    onLoad: (error) => {
      onLoad(error === undefined);
      const fields = { listener: settings.listener, url: shown };
      if (error === undefined) log.debug(fields, 'keys of bearer tokens loaded');
      else log.warn({ ...fields, error }, 'keys of bearer tokens could not be loaded');
    },
  });
  return new JwtVerifier(jwks.find, {
    audiences: settings.list('sasl.oauthbearer.expected.audience', MECHANISM),
    issuer: text('expected.issuer'),
    clockSkewSeconds: number('clock.skew.seconds'),
    subjectClaim: text('sub.claim.name') ?? 'sub',
    scopeClaim: text('scope.claim.name') ?? 'scope',
  });
}

function parseUrl(value: string | undefined, listener: string): URL {
  const url = value !== undefined && URL.canParse(value) ? new URL(value) : undefined;
  if (url !== undefined && PROTOCOLS.has(url.protocol)) return url;
  throw new AppError(
    'invalid_argument',
    `${URL_SETTING}: listener ${listener} offers ${MECHANISM} and needs the URL of a key set (https:, file: or data:).`,
    { field: URL_SETTING },
  );
}
