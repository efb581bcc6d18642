/*
 * The subject of an X.509 certificate as Java prints it in the form of RFC 2253, which is what Kafka's ACLs
 * and mapping rules name: the parts from the last to the first, the well-known types by their names, all
 * other types as numbers with the value's bytes in hex.
 */

const Tag = { OBJECT_ID: 0x06, VERSION: 0xa0, SEQUENCE: 0x30, SET: 0x31 } as const;

/** String types of ASN.1 and how their bytes are read. */
const TEXT_TAGS: ReadonlyMap<number, 'utf8' | 'latin1' | 'utf16' | 'utf32'> = new Map([
  [0x0c, 'utf8'],
  [0x13, 'latin1'],
  [0x14, 'latin1'],
  [0x16, 'latin1'],
  [0x1b, 'latin1'],
  [0x1c, 'utf32'],
  [0x1e, 'utf16'],
]);

/** The types that RFC 2253 names. */
const TYPE_NAMES: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.9', 'STREET'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
]);

/** Longest subject that is read, in bytes: a certificate that names so much names nobody. */
const SUBJECT_BYTES_MAX = 8_192;

interface Element {
  readonly tag: number;
  /** Tag, length and content. */
  readonly whole: Buffer;
  readonly content: Buffer;
}

class DerError extends Error {}

/** The subject of a certificate in DER; undefined when the bytes are no certificate. */
export function certificateSubject(certificate: Buffer): string | undefined {
  try {
    const [body] = elements(only(certificate, Tag.SEQUENCE).content);
    const fields = elements(need(body, Tag.SEQUENCE).content);
    // [version], serial number, signature, issuer, validity, subject.
    const subject = fields[fields[0]?.tag === Tag.VERSION ? 5 : 4];
    return nameOf(need(subject, Tag.SEQUENCE));
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

function nameOf(subject: Element): string {
  if (subject.content.length > SUBJECT_BYTES_MAX) throw new DerError();
  return elements(subject.content)
    .map((part) => elements(need(part, Tag.SET).content).map(attribute).join('+'))
    .toReversed()
    .join(',');
}

function attribute(pair: Element): string {
  const [type, value] = elements(need(pair, Tag.SEQUENCE).content);
  const id = objectId(need(type, Tag.OBJECT_ID).content);
  if (value === undefined) throw new DerError();
  const name = TYPE_NAMES.get(id);
  const text = name === undefined ? undefined : textOf(value);
  return text === undefined
    ? `${name ?? id}=#${value.whole.toString('hex')}`
    : `${name}=${escapeText(text)}`;
}

function objectId(content: Buffer): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if (!Number.isSafeInteger(arc)) throw new DerError();
    if (byte >= 0x80) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [first = 0, ...rest] = arcs;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - root * 40, ...rest].join('.');
}

function textOf({ content, tag }: Element): string | undefined {
  const encoding = TEXT_TAGS.get(tag);
  if (encoding === 'utf16') return wideText(content, 2);
  if (encoding === 'utf32') return wideText(content, 4);
  return encoding === undefined ? undefined : content.toString(encoding);
}

function wideText(content: Buffer, width: 2 | 4): string {
  if (content.length % width !== 0) throw new DerError();
  let text = '';
  for (let at = 0; at < content.length; at += width) {
    const code = content.readUIntBE(at, width);
    if (code > 0x10ffff) throw new DerError();
    text += width === 2 ? String.fromCharCode(code) : String.fromCodePoint(code);
  }
  return text;
}

/** Escapes as Java does: a backslash before special characters and before blanks at either end. */
function escapeText(text: string): string {
  const escaped = text.replace(/[,=\n+<>#;\\"]/g, '\\$&').replaceAll('\0', '\\00');
  return escaped.replace(/^[ \r]+/, escapeBlanks).replace(/[ \r]+$/, escapeBlanks);
}

function escapeBlanks(blanks: string): string {
  return blanks.replace(/[ \r]/g, '\\$&');
}

function only(bytes: Buffer, tag: number): Element {
  const { element } = elementAt(bytes, 0);
  return need(element, tag);
}

function need(element: Element | undefined, tag: number): Element {
  if (element?.tag !== tag) throw new DerError();
  return element;
}

function elements(content: Buffer): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < content.length;) {
    const { element, end } = elementAt(content, at);
    found.push(element);
    at = end;
  }
  return found;
}

function elementAt(bytes: Buffer, at: number): { element: Element; end: number } {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) throw new DerError();
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  const start = at + 2 + lengthBytes;
  // Four bytes of length are more than any certificate has; none at all would be BER's open end.
  if (first === 0x80 || lengthBytes > 4 || start > bytes.length) throw new DerError();
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(at + 2, lengthBytes);
  const end = start + length;
  if (end > bytes.length) throw new DerError();
  const element = { tag, whole: bytes.subarray(at, end), content: bytes.subarray(start, end) };
  return { element, end };
}
