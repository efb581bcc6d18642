import { routes } from '@weirhouse/cloud-contract';
import type { DeclaredObject } from '@weirhouse/cloud-plan';
import { AppError, isAppError } from '@weirhouse/shared-kernel';
import type { CloudClient } from '../cloud-client.ts';
import type { ConfigurationScope } from './configuration-memory.ts';

/** Environments of a page. */
const PAGE_SIZE = 100;

/** What is wanted: a file's objects, or that what it made goes. */
export interface ConfigurationWish {
  readonly name: string;
  /** The environment that the file is within; undefined = the organization. */
  readonly within: string | undefined;
  readonly objects: readonly DeclaredObject[];
  /** Addresses of what the file names and somebody else has to have made. */
  readonly requires: readonly string[];
  readonly destroy: boolean;
}

/** Finds the environment of a file. Throws `failed_precondition` when the caller sees none of the name. */
export async function findScope(
  client: CloudClient,
  { name: configuration, within }: Pick<ConfigurationWish, 'name' | 'within'>,
): Promise<ConfigurationScope> {
  if (within === undefined) return { configuration, environmentId: undefined };
  const request = { params: {}, query: { page_size: PAGE_SIZE } };
  for await (const { data } of client.pages(routes.listEnvironments, request)) {
    const found = data.find(({ display_name }) => display_name === within);
    if (found !== undefined) return { configuration, environmentId: found.id };
  }
  throw new AppError(
    'failed_precondition',
    `This key sees no environment "${within}": an OrganizationAdmin makes it and binds EnvironmentAdmin to it.`,
  );
}

/** Says which role would do, where the API only says which permission is missing. */
export async function explained<T>(
  { within }: Pick<ConfigurationWish, 'within'>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isAppError(error) || error.code !== 'forbidden') throw error;
    const fix =
      within === undefined
        ? 'The file of a whole organization needs the role OrganizationAdmin; one that says "within: ENVIRONMENT" needs EnvironmentAdmin there'
        : `A file within ${within} needs the role EnvironmentAdmin there`;
    throw new AppError('forbidden', `${fix}. (${error.message})`, { cause: error });
  }
}
