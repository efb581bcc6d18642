import { addressOf, type DeclaredObject, type Path } from './objects.ts';
import type { WeirDocument } from './schema.ts';

interface Problem {
  readonly path: Path;
  readonly message: string;
}

/** What a file within an environment must not say: that is for who administers the organization. */
export function problemsWithin(document: WeirDocument, within: string): readonly Problem[] {
  const problems: Problem[] = [];
  for (const [name, { protect }] of Object.entries(document.environments)) {
    const path = ['environments', name];
    if (name !== within)
      problems.push({ path, message: `The file is within ${within}: delete this environment.` });
    else if (protect)
      problems.push({
        path: [...path, 'protect'],
        message: 'A file does not make the environment that it is within: leave protect out.',
      });
  }
  for (const [name, account] of Object.entries(document.service_accounts)) {
    const path = ['service_accounts', name];
    for (const field of ['description', 'protect'] as const)
      if (account[field] !== '' && account[field] !== false)
        problems.push({
          path: [...path, field],
          message: `A file within an environment names accounts and makes none: leave ${field} out.`,
        });
    for (const [key, { for: opened }] of Object.entries(account.keys))
      if (opened === 'cloud' || opened === 'global')
        problems.push({
          path: [...path, 'keys', key, 'for'],
          message: `A ${opened} key opens more than ${within}: write a cluster of this file.`,
        });
  }
  for (const [index, { on }] of document.role_bindings.entries())
    if (on === 'organization')
      problems.push({
        path: ['role_bindings', index, 'on'],
        message: `The file is within ${within}: write ${within} or a cluster of this file.`,
      });
  return problems;
}

/** Whether somebody else makes it. */
function isThere({ kind }: DeclaredObject): boolean {
  return kind === 'environment' || kind === 'service_account';
}

/** What a file within an environment makes, and the addresses of what it needs to be there. */
export function splitWithin(
  objects: readonly DeclaredObject[],
  within: string | undefined,
): { readonly objects: readonly DeclaredObject[]; readonly requires: readonly string[] } {
  if (within === undefined) return { objects, requires: [] };
  const named = objects.filter(isThere).map(({ address }) => address);
  const environment = addressOf('environment', within);
  return {
    objects: objects.filter((object) => !isThere(object)),
    requires: [...new Set([environment, ...named])],
  };
}
