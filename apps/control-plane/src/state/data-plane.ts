import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, type Random } from '@weirhouse/shared-kernel';
import { writeStateFile } from './state-folder.ts';

const ID_BYTES = 8;

/**
 * The name of this state folder as a place for brokers: clusters remember it, so that a process with
 * another folder on the same database never starts their brokers without their data. Made once.
 */
export async function loadDataPlaneId(stateFolder: string, random: Random): Promise<string> {
  const file = join(stateFolder, 'data-plane.json');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) {
    const id = `dp-${random.bytes(ID_BYTES).toString('hex')}`;
    await writeStateFile(file, `${JSON.stringify({ id })}\n`);
    return id;
  }
  const id = /^\{"id":"(dp-[0-9a-f]+)"\}\n$/u.exec(text)?.[1];
  if (id === undefined)
    throw new AppError('corrupt', `The file ${file} is damaged: it must hold {"id":"dp-..."}.`);
  return id;
}
