/**
 * Messages of SCRAM as RFC 5802 section 7 writes them. Parsing is strict: what the grammar does not
 * allow is undefined, and the exchange fails. Unknown extensions are allowed and skipped.
 */

/** The longest message of a client, in bytes: nonces and extensions are tens of bytes. */
const SCRAM_MESSAGE_BYTES_MAX = 8192;

export interface ClientFirstMessage {
  /** `n,,` or `y,a=name,` as sent; the client repeats it in base64 in its final message. */
  readonly gs2Header: string;
  /** Empty when the client asks for no other identity. */
  readonly authzid: string;
  readonly user: string;
  readonly nonce: string;
  /** Our extension `host=`: the address of the client on whose behalf a super user logs in. */
  readonly host: string | undefined;
  /** The message without the GS2 header: part of what is signed. */
  readonly bare: string;
}

export interface ClientFinalMessage {
  /** The GS2 header the client says it sent. */
  readonly channelBinding: Buffer;
  readonly nonce: string;
  readonly proof: Buffer;
  /** The message up to the proof: part of what is signed. */
  readonly withoutProof: string;
}

const NONCE = /^[\x21-\x2b\x2d-\x7e]+$/;
const HOST_PREFIX = 'host=';
const EXTENSION = /^[A-Za-z]+=./s;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Parses client-first-message, or undefined. Channel binding (`p=`) is not offered, so refused. */
export function parseClientFirst(message: Buffer): ClientFirstMessage | undefined {
  const text = decode(message);
  if (text === undefined) return undefined;
  const parts = text.split(',');
  const [flag, authz, name, nonce, ...extensions] = parts;
  if (flag !== 'n' && flag !== 'y') return undefined;
  const authzid = authz === '' ? '' : parseName(authz, 'a=');
  const user = parseName(name, 'n=');
  if (authzid === undefined || user === undefined || user === '') return undefined;
  if (nonce === undefined || !nonce.startsWith('r=') || !NONCE.test(nonce.slice(2))) {
    return undefined;
  }
  if (!areExtensions(extensions)) return undefined;
  const gs2Header = `${flag},${authz},`;
  const host = extensions.find((part) => part.startsWith(HOST_PREFIX))?.slice(HOST_PREFIX.length);
  const bare = text.slice(gs2Header.length);
  return { gs2Header, authzid, user, nonce: nonce.slice(2), host, bare };
}

/** Parses client-final-message, or undefined. */
export function parseClientFinal(message: Buffer): ClientFinalMessage | undefined {
  const text = decode(message);
  if (text === undefined) return undefined;
  const parts = text.split(',');
  if (parts.length < 3) return undefined;
  const [binding, nonce, ...extensions] = parts.slice(0, -1);
  const proof = parseBase64(parts.at(-1), 'p=');
  const channelBinding = parseBase64(binding, 'c=');
  if (proof === undefined || channelBinding === undefined) return undefined;
  if (nonce === undefined || !nonce.startsWith('r=') || !NONCE.test(nonce.slice(2))) {
    return undefined;
  }
  if (!areExtensions(extensions)) return undefined;
  const withoutProof = text.slice(0, text.lastIndexOf(',p='));
  return { channelBinding, nonce: nonce.slice(2), proof, withoutProof };
}

/** Text of a message; undefined when it is too long or not UTF-8. */
function decode(message: Buffer): string | undefined {
  if (message.length > SCRAM_MESSAGE_BYTES_MAX) return undefined;
  const text = message.toString('utf8');
  return Buffer.from(text, 'utf8').equals(message) && !text.includes('\0') ? text : undefined;
}

/** Undoes `=2C` and `=3D`; any other `=` makes a name invalid (RFC 5802 section 5.1). */
function parseName(part: string | undefined, prefix: string): string | undefined {
  if (part === undefined || !part.startsWith(prefix)) return undefined;
  const escaped = part.slice(prefix.length);
  if (/=(?!2C|3D)/.test(escaped)) return undefined;
  return escaped.replaceAll('=2C', ',').replaceAll('=3D', '=');
}

function parseBase64(part: string | undefined, prefix: string): Buffer | undefined {
  if (part === undefined || !part.startsWith(prefix)) return undefined;
  const encoded = part.slice(prefix.length);
  return encoded !== '' && BASE64.test(encoded) ? Buffer.from(encoded, 'base64') : undefined;
}

/** Mandatory extensions (`m=`) must be understood (RFC 5802 section 5.1), and none is. */
function areExtensions(parts: readonly string[]): boolean {
  return parts.every((part) => EXTENSION.test(part) && !part.startsWith('m='));
}
