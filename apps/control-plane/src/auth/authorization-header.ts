/** Longest header that is looked at, in characters: a token with many claims has about 4,000. */
const HEADER_CHARS_MAX = 8_192;
/** Longest key id and secret together in base64, in characters; real ones have 108. */
const BASIC_CHARS_MAX = 512;

/** The user name and password of HTTP Basic (RFC 7617). */
export interface BasicCredentials {
  readonly scheme: 'basic';
  readonly id: string;
  readonly secret: string;
}

/** What the header Authorization holds. */
export type Credentials =
  | BasicCredentials
  /** RFC 6750 section 2.1. */
  | { readonly scheme: 'bearer'; readonly token: string };

/** Reads the header; undefined = neither HTTP Basic nor a Bearer token, or out of bounds. */
export function parseAuthorization(header: string): Credentials | undefined {
  if (header.length > HEADER_CHARS_MAX) return undefined;
  const match = /^(basic|bearer) +([\w+/=.~-]+)$/iu.exec(header);
  const [, scheme, value] = match ?? [];
  if (scheme === undefined || value === undefined) return undefined;
  return scheme.toLowerCase() === 'basic' ? parseBasic(value) : { scheme: 'bearer', token: value };
}

function parseBasic(value: string): BasicCredentials | undefined {
  if (value.length > BASIC_CHARS_MAX) return undefined;
  const text = Buffer.from(value, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 1
    ? undefined
    : { scheme: 'basic', id: text.slice(0, colon), secret: text.slice(colon + 1) };
}
