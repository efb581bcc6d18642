import { AppError } from '@weirhouse/shared-kernel';

export interface FlagSpec {
  /** `value` flags take the next word or `--flag=value`; `switch` flags stand alone. */
  readonly kind: 'value' | 'switch';
  readonly description: string;
}

/**
 * Parses `--name value`, `--name=value` and `--switch` against a closed list. An unknown flag, a
 * missing value or a stray word gives `invalid_argument` with the list of flags that exist.
 */
export function parseFlags(
  words: readonly string[],
  specs: Readonly<Record<string, FlagSpec>>,
): Record<string, string | true> {
  const flags: Record<string, string | true> = {};
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const [name, inline] = splitOnce(word.replace(/^--/, ''));
    const spec = word.startsWith('--') && Object.hasOwn(specs, name) ? specs[name] : undefined;
    if (spec === undefined)
      throw new AppError('invalid_argument', `Unknown option ${word}. ${usage(specs)}`, {
        field: word,
      });
    if (spec.kind === 'switch') {
      flags[name] = true;
      continue;
    }
    const value = inline ?? words[++at];
    if (value === undefined || (inline === undefined && value.startsWith('--')))
      throw new AppError('invalid_argument', `Option --${name} needs a value. ${usage(specs)}`, {
        field: `--${name}`,
      });
    flags[name] = value;
  }
  return flags;
}

function splitOnce(word: string): [string, string | undefined] {
  const cut = word.indexOf('=');
  return cut < 0 ? [word, undefined] : [word.slice(0, cut), word.slice(cut + 1)];
}

function usage(specs: Readonly<Record<string, FlagSpec>>): string {
  const list = Object.entries(specs).map(
    ([name, spec]) => `--${name}${spec.kind === 'value' ? ' <value>' : ''} (${spec.description})`,
  );
  return `Options: ${list.join(', ')}.`;
}
