import { AppError } from '@weirhouse/shared-kernel';

/** The type of HTML forms, which OAuth's token requests have (RFC 6749 appendix B). */
export const FORM_TYPE = 'application/x-www-form-urlencoded';

/** Where forms are taken; everything else is JSON. */
const FORM_PATH = /^\/sts\//u;

/** The refusal that Fastify gives for a type it does not know. */
export class UnsupportedForm extends Error {
  readonly statusCode = 415;
}

/** Reads a form. Throws for other paths, and `invalid_argument` for a field given twice. */
export function parseForm(url: string, body: string): Readonly<Record<string, string>> {
  if (!FORM_PATH.test(url)) throw new UnsupportedForm('forms are not taken here');
  const fields = [...new URLSearchParams(body)];
  const names = fields.map(([name]) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  // RFC 6749 section 3.2.
  if (twice !== undefined)
    throw new AppError('invalid_argument', `${twice} is given twice.`, { field: twice });
  return Object.fromEntries(fields);
}
