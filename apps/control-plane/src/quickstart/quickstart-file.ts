import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@weirhouse/shared-kernel';
import { z } from 'zod';
import { writeStateFile } from '../state/state-folder.ts';

const FileSchema = z.object({
  apiUrl: z.string(),
  organizationId: z.string(),
  environmentId: z.string(),
  clusterId: z.string(),
  /** host:port; empty until the cluster has one. */
  bootstrap: z.string(),
  cloudApiKey: z.string(),
  cloudApiSecret: z.string(),
  /** Opens topics and ACLs over REST too, which a Cloud key does not. */
  globalApiKey: z.string(),
  globalApiSecret: z.string(),
  clusterApiKey: z.string(),
  clusterApiSecret: z.string(),
  /** The first user, who may do everything. */
  userEmail: z.string(),
  userPassword: z.string(),
});

/** What a person needs to use what the first start made. Holds secrets: mode 0600. */
export type QuickstartFile = z.output<typeof FileSchema>;

/** Its place in the state folder. */
export function quickstartPath(stateFolder: string): string {
  return join(stateFolder, 'quickstart.json');
}

/** Reads what is there so far: a crash may have left it incomplete. Throws `corrupt`. */
export async function readQuickstartFile(stateFolder: string): Promise<Partial<QuickstartFile>> {
  const path = quickstartPath(stateFolder);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw error;
  });
  const parsed = FileSchema.partial().safeParse(parseJson(text));
  if (!parsed.success) {
    throw new AppError('corrupt', `The file ${path} is damaged: move it away and start again.`, {
      cause: parsed.error,
    });
  }
  const known = Object.entries(parsed.data).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as Partial<QuickstartFile>;
}

/** Writes the file. */
export async function writeQuickstartFile(
  stateFolder: string,
  content: Partial<QuickstartFile>,
): Promise<void> {
  await writeStateFile(quickstartPath(stateFolder), `${JSON.stringify(content, undefined, 2)}\n`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
