import { stringify } from 'yaml';
import { namesOf, type Fields, type LiveObject } from './objects.ts';
import type { WeirDocumentInput } from './schema.ts';

/** The document that declares exactly what is there, so that planning it changes nothing. */
export function exportDocument(name: string, live: readonly LiveObject[]): WeirDocumentInput {
  const sorted = live.toSorted((a, b) => (a.address < b.address ? -1 : 1));
  const of = (kind: LiveObject['kind'], holder?: string): readonly LiveObject[] =>
    sorted.filter(
      (one) => one.kind === kind && (holder === undefined || one.needs.includes(holder)),
    );
  const cluster = ({ address, fields }: LiveObject): object => ({
    ...fields,
    topics: byName(of('topic', address)),
    acls: of('acl', address).map(({ fields: acl }) => acl),
    quotas: byName(of('quota', address)),
  });
  const document = {
    name,
    environments: byName(of('environment'), ({ address }) => ({
      clusters: byName(of('cluster', address), cluster),
    })),
    service_accounts: byName(of('service_account'), ({ address, fields }) => ({
      ...fields,
      keys: byName(of('api_key', address)),
    })),
    role_bindings: of('role_binding').map(({ fields }) => bindingOf(fields)),
  };
  return document as unknown as WeirDocumentInput;
}

function byName(
  objects: readonly LiveObject[],
  body: (object: LiveObject) => object = ({ fields }) => fields,
): Record<string, object> {
  return Object.fromEntries(
    objects.map((object) => [namesOf(object.address).at(-1) ?? '', body(object)]),
  );
}

/** The same as text, with remarks at its head. */
export function exportText(
  name: string,
  live: readonly LiveObject[],
  remarks: readonly string[] = [],
): string {
  const head = remarks.map((remark) => `# ${remark.replaceAll('\n', ' ')}\n`).join('');
  return `${head}${stringify(exportDocument(name, live), { lineWidth: 100 })}`;
}

function bindingOf({ on, principal, resource, role }: Fields): object {
  const binding = { principal, role, on };
  if (typeof resource !== 'string' || resource === '') return binding;
  const equals = resource.indexOf('=');
  const [key, named] = [resource.slice(0, equals), resource.slice(equals + 1)];
  return { ...binding, [key]: key === 'kafka' ? true : named };
}
