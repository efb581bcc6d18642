import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, type Random } from '@weirhouse/shared-kernel';
import { writeStateFile } from './state-folder.ts';

const FILE = 'data-plane.json';
const ID_BYTES = 8;

/**
 * The name of this state folder as a place for brokers: clusters remember it, so that a process with
 * another folder on the same database never starts their brokers without their data. Made once.
 */
export async function loadDataPlaneId(stateFolder: string, random: Random): Promise<string> {
  const known = await findDataPlaneId(stateFolder);
  if (known !== undefined) return known;
  const id = `dp-${random.bytes(ID_BYTES).toString('hex')}`;
  await write(stateFolder, id);
  return id;
}

/** The name that the folder has, if it has one. Throws `corrupt`. */
export async function findDataPlaneId(stateFolder: string): Promise<string | undefined> {
  const file = join(stateFolder, FILE);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const id = /^\{"id":"(dp-[0-9a-f]+)"\}\n$/u.exec(text)?.[1];
  if (id === undefined)
    throw new AppError('corrupt', `The file ${file} is damaged: it must hold {"id":"dp-..."}.`);
  return id;
}

/** Gives a folder that has no name yet the one of a folder that was lost. */
export async function keepDataPlaneId(stateFolder: string, id: string): Promise<void> {
  if ((await findDataPlaneId(stateFolder)) === undefined) await write(stateFolder, id);
}

function write(stateFolder: string, id: string): Promise<void> {
  return writeStateFile(join(stateFolder, FILE), `${JSON.stringify({ id })}\n`);
}
