/** What a client says first (RFC 7628 section 3.1). */
export interface OauthBearerMessage {
  /** Empty when the client asks for no other identity. */
  readonly authzid: string;
  readonly token: string;
  /** Further pairs (KIP-342). */
  readonly extensions: ReadonlyMap<string, string>;
}

const SEPARATOR = '\u0001';
const HEADER = /^n,(?:a=((?:[^,=\u0080-\u00ff]|=2C|=3D)+))?,$/;
const PAIR = /^([A-Za-z]+)=([\u0020-\u007e\t\r\n]+)$/;
const CREDENTIAL = /^bearer +([-A-Za-z0-9._~+/]+=*)$/i;
const AUTHORIZATION_KEY = 'auth';

/**
 * Parses `n,[a=name],^A auth=Bearer token ^A [key=value ^A] ^A`, ^A being the byte 1. Undefined when it has
 * another form: no scheme but bearer, each key at most once, keys of letters, values that can be printed.
 */
export function parseOauthBearerMessage(message: Buffer): OauthBearerMessage | undefined {
  const [header = '', ...rest] = message.toString('latin1').split(SEPARATOR);
  // Two separators end the message, so that the last two parts are empty.
  if (rest.length < 3 || rest.at(-1) !== '' || rest.at(-2) !== '') return undefined;
  const match = HEADER.exec(header);
  if (match === null) return undefined;
  const pairs = new Map<string, string>();
  for (const part of rest.slice(0, -2)) {
    const [, key, value] = PAIR.exec(part) ?? [];
    if (key === undefined || value === undefined || pairs.has(key)) return undefined;
    pairs.set(key, value);
  }
  const [, token] = CREDENTIAL.exec(pairs.get(AUTHORIZATION_KEY) ?? '') ?? [];
  if (token === undefined) return undefined;
  pairs.delete(AUTHORIZATION_KEY);
  const authzid = (match[1] ?? '').replaceAll('=2C', ',').replaceAll('=3D', '=');
  return { authzid, token, extensions: pairs };
}
