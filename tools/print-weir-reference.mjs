// Prints the reference of weir.yaml, for docs/weir-reference.md: a table for each kind of entry, from the schema.
import { weirJsonSchema } from '@weirhouse/cloud-plan';

const HEAD = [
  '# weir.yaml, field by field',
  '',
  'Generated from the schema (`npm run gen`). How to use the file: [weir.md](weir.md). "Left out" says what a field that is',
  'not written stands for; nothing there means that what is there stays as it is.',
];

const sections = sectionsOf('', weirJsonSchema());
process.stdout.write([...HEAD, ...sections, ''].join('\n'));

/** The table of an object, and those of the objects in it; `path` is where it stands in the file. */
function sectionsOf(path, { properties, required = [] }) {
  const fields = Object.entries(properties);
  const rows = fields.map(([name, schema]) => {
    const meaning = [boundsOf(schema), schema.description].filter((part) => part !== undefined);
    return `| \`${name}\` | ${typeOf(schema)} | ${presenceOf(schema, required.includes(name))} | ${meaning.join('. ').replaceAll('|', '\\|').replaceAll('<', '&lt;')} |`;
  });
  const title = path === '' ? 'The whole file' : `\`${path}\``;
  const head = ['', `## ${title}`, '', '| field | is | left out | meaning |', '|---|---|---|---|'];
  const inner = fields.flatMap(([name, schema]) => {
    const at = path === '' ? name : `${path}.${name}`;
    const { additionalProperties: value, items } = schema;
    if (value?.properties !== undefined) return sectionsOf(`${at}.NAME`, value);
    return items?.properties === undefined ? [] : sectionsOf(`${at}[]`, items);
  });
  return [...head, ...rows, ...inner];
}

function typeOf({ additionalProperties, anyOf, const: only, enum: values, items, type }) {
  if (only !== undefined) return `\`${only}\``;
  if (values !== undefined) return values.map((value) => `\`${value}\``).join(', ');
  if (anyOf !== undefined) return anyOf.map(typeOf).join(' or ');
  if (items !== undefined)
    return items.properties === undefined ? `list of ${items.type}s` : 'list of entries';
  if (additionalProperties?.properties !== undefined) return 'entries by name';
  return type === 'object' ? 'map' : type;
}

function presenceOf({ additionalProperties, default: value, items }, isRequired) {
  if (isRequired) return 'never';
  if (items !== undefined || additionalProperties?.properties !== undefined) return 'none';
  return value === undefined ? '' : `\`${JSON.stringify(value)}\``;
}

function boundsOf({ maxItems, maxLength, minimum, minItems, pattern }) {
  if (pattern !== undefined) return `Matches \`${pattern}\``;
  if (maxItems !== undefined && minItems !== undefined) return `${minItems} to ${maxItems}`;
  if (maxItems !== undefined) return `At most ${maxItems}`;
  if (maxLength !== undefined) return `At most ${maxLength} characters`;
  return minimum === undefined ? undefined : `From ${minimum}`;
}
