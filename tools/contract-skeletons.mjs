// Turns a folder of bodies that clients of the contract are known to accept (one folder for each kind of object) into
// skeletons: names of fields, and for each value a word for what it is. `node tools/contract-skeletons.mjs FOLDER`.
// The folder lies outside the repository, and no value of it gets in.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'oxfmt';
import { KNOWN_KINDS, operationOfBody } from '../test/conformance/confluent/known-bodies.ts';

const HERE = join(import.meta.dirname, '../test/conformance/confluent');

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('the folder of known bodies is wanted');

const maps = namesOfMaps();
mkdirSync(join(HERE, 'skeletons'), { recursive: true });
for (const kind of KNOWN_KINDS) {
  const files = readdirSync(join(folder, kind)).map((name) => join(folder, kind, name));
  const bodies = files.map((file) => JSON.parse(readFileSync(file, 'utf8')));
  const skeletons = distinct(
    bodies.map((body) => ({ operation: operationOfBody(body), body: skeletonOf(body, '') })),
  );
  const file = join(HERE, 'skeletons', `${kind}.json`);
  const { code } = await format(file, JSON.stringify(skeletons), { printWidth: 100 });
  writeFileSync(file, code);
}

/** Fields whose own names are values: maps of the contract. */
function namesOfMaps() {
  const facts = join(HERE, 'facts');
  const texts = readdirSync(facts).map((file) => readFileSync(join(facts, file), 'utf8'));
  return new Set(
    texts.flatMap((text) => [...text.matchAll(/(\w+)\{\*\}"/gu)].map(([, name]) => name)),
  );
}

function skeletonOf(value, name) {
  if (Array.isArray(value)) {
    return distinct(value.map((item) => skeletonOf(item, name)));
  }
  if (typeof value !== 'object' || value === null) return wordOf(value, name);
  const entries = Object.entries(value).map(([key, item], index) => [
    maps.has(name) ? `key ${index + 1}` : key,
    skeletonOf(item, key),
  ]);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function distinct(values) {
  const texts = new Set(values.map((value) => JSON.stringify(value)));
  return [...texts].toSorted((a, b) => (a < b ? -1 : 1)).map((text) => JSON.parse(text));
}

function wordOf(value, name) {
  // Names of kinds are the contract's own words.
  if (name === 'kind') return `=${value}`;
  if (value === null) return 'null';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  if (typeof value === 'boolean') return 'boolean';
  if (value === '') return 'empty';
  if (/^\d{4}-\d\d-\d\dT/u.test(value)) return 'time';
  if (/^\d+$/u.test(value)) return 'digits';
  if (value.startsWith('crn:')) return 'crn';
  if (/^https?:/u.test(value)) return 'uri';
  return 'text';
}
