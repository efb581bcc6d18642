import { unreachable } from '@weirhouse/shared-kernel';
import type { ConfigurationPlan, PlannedChange } from './change.ts';
import type { FieldChange } from './kind-rules.ts';
import type { Fields, FieldValue } from './objects.ts';

/** Colours of a terminal (ECMA-48 SGR). */
const COLOURS = { green: 32, yellow: 33, red: 31, magenta: 35, bold: 1 } as const;
type Colour = keyof typeof COLOURS;
type Paint = (text: string, colour: Colour) => string;

const VERBS = {
  create: { symbol: '+', colour: 'green', said: 'will be created' },
  update: { symbol: '~', colour: 'yellow', said: 'will be changed in place' },
  replace: { symbol: '-/+', colour: 'magenta', said: 'must be replaced' },
  delete: { symbol: '-', colour: 'red', said: 'will be deleted' },
  mark: { symbol: '*', colour: 'yellow', said: 'is left as it is' },
} as const satisfies Readonly<
  Record<PlannedChange['verb'], { symbol: string; colour: Colour; said: string }>
>;

/** A plan as people read it; the last line sums it up. */
export function renderPlan(
  plan: ConfigurationPlan,
  options: { readonly colours: boolean },
): string {
  const paint: Paint = (text, colour) =>
    options.colours ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text;
  const blocks = plan.changes.map((change) => renderChange(change, paint));
  const refusals = plan.refusals.map(
    ({ address, message }) => `${paint('Refused', 'red')}: ${address}: ${message}`,
  );
  const head =
    plan.changes.length === 0
      ? [`Configuration "${plan.configuration}": the live state is what the file says.`]
      : [`Configuration "${plan.configuration}" needs these changes:`, ...blocks];
  const parts = [...head, ...(refusals.length === 0 ? [] : [refusals.join('\n')])];
  return `${parts.join('\n\n')}\n\n${paint(summaryLine(plan), 'bold')}\n`;
}

/** `Plan: 3 to create, 1 to change, 0 to replace, 0 to delete.` */
export function summaryLine(plan: ConfigurationPlan): string {
  const count = (verb: PlannedChange['verb']): number =>
    plan.changes.filter((change) => change.verb === verb).length;
  const marks = count('mark');
  const counts = `${count('create')} to create, ${count('update')} to change, ${count('replace')} to replace, ${count('delete')} to delete`;
  return `Plan: ${counts}${marks === 0 ? '' : `, ${marks} to note`}.`;
}

function renderChange(change: PlannedChange, paint: Paint): string {
  const { colour, said, symbol } = VERBS[change.verb];
  const lines = [
    `  # ${change.address} ${said}`,
    ...change.reasons.map((reason) => `  #   because ${reason}`),
    ...change.risks.map((risk) => `  #   ${paint('risk', 'red')}: ${risk}`),
    ...takenAlong(change),
    `  ${paint(symbol, colour)} ${change.address}`,
    ...fieldLines(change).map(([mark, text]) => `      ${paint(mark, colour)} ${text}`),
  ];
  return lines.join('\n');
}

function takenAlong(change: PlannedChange): readonly string[] {
  if (change.verb !== 'delete' && change.verb !== 'replace') return [];
  return change.takesAlong.map((address) => `  #   with it goes ${address}`);
}

function fieldLines(change: PlannedChange): readonly (readonly [mark: string, text: string])[] {
  switch (change.verb) {
    case 'create':
      return listFields('+', change.fields);
    case 'delete':
      return listFields('-', change.before);
    case 'update':
    case 'replace':
      return change.changed.flatMap((changed) =>
        changeTexts(changed).map((text) => ['~', text] as const),
      );
    case 'mark':
      return [];
    default:
      return unreachable(change);
  }
}

function listFields(mark: string, fields: Fields): (readonly [string, string])[] {
  return Object.entries(fields).map(
    ([field, value]) => [mark, `${field} = ${text(value)}`] as const,
  );
}

/** A map is shown setting by setting, so that one changed word is one line. */
function changeTexts({ after, before, field }: FieldChange): readonly string[] {
  if (!isMap(after)) return [`${field} = ${text(before)} -> ${text(after)}`];
  const was = isMap(before) ? before : {};
  return [...new Set([...Object.keys(was), ...Object.keys(after)])]
    .toSorted()
    .filter((name) => was[name] !== after[name])
    .map((name) => `${field}.${name} = ${text(was[name])} -> ${text(after[name])}`);
}

function isMap(value: FieldValue | undefined): value is Readonly<Record<string, string>> {
  return typeof value === 'object' && !Array.isArray(value);
}

function text(value: FieldValue | undefined): string {
  return value === undefined ? '(default)' : JSON.stringify(value);
}
