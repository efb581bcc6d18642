import { RE2JS, RE2JSException } from 're2js';

/** One rule of `ssl.principal.mapping.rules`; the first that fits gives the name. */
type Rule = (subject: string) => string | undefined;

/** Makes the user name of a certificate's subject; undefined when no rule fits, and nobody is let in. */
export type PrincipalMapping = (subject: string) => string | undefined;

/** A mapping, or one sentence about what is wrong with its rules. */
export type PrincipalMappingOutcome =
  | { readonly ok: true; readonly map: PrincipalMapping }
  | { readonly ok: false; readonly message: string };

const DEFAULT_RULE = 'DEFAULT';
/** `RULE:pattern/replacement/`, then L for lower or U for upper case; `\/` is a slash in either part. */
const RULE = /^RULE:((?:\\.|[^\\/])*)\/((?:\\.|[^\\/])*)\/([LU]?)$/s;
/** Where one rule ends and the next begins: a comma or a line's end that a rule can follow. */
const BETWEEN_RULES = /\s*[,\n]\s*(?=DEFAULT|RULE:)/;
const RULES_LENGTH_MAX = 16_384;

/**
 * Parses `ssl.principal.mapping.rules` (KIP-371): `DEFAULT`, or `RULE:pattern/replacement/[LU]`, separated
 * by commas. Patterns run in time linear in the subject, which strangers choose, so look-around and back
 * references are refused.
 */
export function parsePrincipalMapping(text: string): PrincipalMappingOutcome {
  if (text.length > RULES_LENGTH_MAX)
    return { ok: false, message: `longer than ${RULES_LENGTH_MAX} characters` };
  const rules: Rule[] = [];
  for (const part of text.trim().split(BETWEEN_RULES)) {
    const rule = parseRule(part.trim());
    if (typeof rule === 'string') return { ok: false, message: `"${part.trim()}": ${rule}` };
    rules.push(rule);
  }
  return { ok: true, map: (subject) => firstOf(rules, subject) };
}

function firstOf(rules: readonly Rule[], subject: string): string | undefined {
  for (const rule of rules) {
    const name = rule(subject);
    if (name !== undefined) return name;
  }
  return undefined;
}

/** A rule, or what is wrong with it. */
function parseRule(text: string): Rule | string {
  if (text === DEFAULT_RULE) return (subject) => subject;
  const match = RULE.exec(text);
  if (match === null) return 'expected DEFAULT or RULE:pattern/replacement/[LU]';
  const [, source = '', replacement = '', letters = ''] = match;
  try {
    const pattern = RE2JS.compile(source);
    const template = parseTemplate(replacement, pattern);
    if (typeof template === 'string') return template;
    return (subject) => {
      if (!pattern.matches(subject)) return undefined;
      const name = replaceAll(pattern, template, subject);
      if (letters === 'L') return name.toLowerCase();
      return letters === 'U' ? name.toUpperCase() : name;
    };
  } catch (error) {
    if (error instanceof RE2JSException) return error.message;
    throw error;
  }
}

/** What a match is replaced by: text, and what a group of the pattern holds. */
type Template = readonly (string | { readonly group: number | string })[];

/** A backslash and what it stands before, a group by number or by name, or anything else. */
const TEMPLATE_PART = /\\(.)|\$(\d)|\$\{([A-Za-z][A-Za-z0-9]*)\}|([^\\$]+|.)/gs;

/**
 * Reads a replacement as Java does: `$1`, `${name}`, and a backslash before what is only itself. Without
 * groups in the pattern a `$` is only a `$`. A group that the pattern has not is said as text.
 */
function parseTemplate(replacement: string, pattern: RE2JS): Template | string {
  const groups = pattern.groupCount();
  const names = pattern.namedGroups();
  const template: (string | { readonly group: number | string })[] = [];
  for (const [whole, escaped, number, name, literal] of replacement.matchAll(TEMPLATE_PART)) {
    const group = number === undefined ? name : Number(number);
    if (group === undefined || groups === 0) template.push(escaped ?? literal ?? whole);
    else if (typeof group === 'number' ? group <= groups : group in names) template.push({ group });
    else return `there is no group ${group}`;
  }
  return template;
}

function replaceAll(pattern: RE2JS, template: Template, subject: string): string {
  const matcher = pattern.matcher(subject);
  let name = '';
  let end = 0;
  while (matcher.find()) {
    name += subject.slice(end, matcher.start());
    for (const part of template)
      name += typeof part === 'string' ? part : (matcher.group(part.group) ?? '');
    end = matcher.end();
  }
  return name + subject.slice(end);
}
