import type { PrincipalMapping } from './principal-mapping.ts';
import { certificateSubject } from './subject-name.ts';

/** The principal of whoever shows no certificate, and does not log in either. */
export const ANONYMOUS = 'User:ANONYMOUS';

/** Whom a verified certificate (DER) names; undefined when the rules name nobody, who is then not let in. */
export function certificatePrincipal(
  certificate: Buffer | undefined,
  map: PrincipalMapping,
): string | undefined {
  if (certificate === undefined) return ANONYMOUS;
  const subject = certificateSubject(certificate);
  const name = subject === undefined ? undefined : map(subject);
  return name === undefined || name === '' ? undefined : `User:${name}`;
}
