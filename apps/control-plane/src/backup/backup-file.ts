import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { AppError } from '@weirhouse/shared-kernel';
import { z } from 'zod';

/** Grows when an older Weirhouse could not read the file any more. */
const FORMAT = 1;

const HeaderSchema = z.object({
  weirhouseBackup: z.int(),
  createdAt: z.iso.datetime(),
  /** Names of the migrations that the database had seen, oldest first. */
  migrations: z.array(z.string()),
  /** The place whose brokers the state folder held. */
  dataPlaneId: z.string().optional(),
});
const RowsSchema = z.object({
  table: z.string(),
  rows: z.array(z.record(z.string(), z.unknown())),
});
const EndSchema = z.object({ lines: z.int(), sha256: z.string() });

/** What the first line of a backup says. */
export type BackupHeader = Omit<z.output<typeof HeaderSchema>, 'weirhouseBackup'>;

/** Some rows of a table, as the text of a JSON array. */
export interface TableRows {
  readonly table: string;
  readonly rowsJson: string;
}

/**
 * Writes a backup: gzipped lines of JSON (a header, rows, and an end with the checksum of all before it). The file
 * is whole or not there.
 */
export async function writeBackupFile(
  path: string,
  header: BackupHeader,
  parts: AsyncIterable<TableRows>,
): Promise<void> {
  const workplace = `${path}.${process.pid}`;
  const file = await open(workplace, 'wx', 0o600).catch((cause: NodeJS.ErrnoException) => {
    throw new AppError('storage', `The backup ${path} cannot be written: ${cause.message}.`, {
      cause,
    });
  });
  try {
    const lines = Readable.from(linesOf(header, parts));
    await pipeline(lines, createGzip(), async (zipped: AsyncIterable<Buffer>) => {
      for await (const chunk of zipped) await file.write(chunk);
    });
    await file.sync();
    await file.close();
    await rename(workplace, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(workplace, { force: true });
    throw error;
  }
}

async function* linesOf(
  header: BackupHeader,
  parts: AsyncIterable<TableRows>,
): AsyncIterable<string> {
  const hash = createHash('sha256');
  let lines = 0;
  const counted = (text: string): string => {
    hash.update(`${text}\n`);
    lines += 1;
    return `${text}\n`;
  };
  yield counted(JSON.stringify({ weirhouseBackup: FORMAT, ...header }));
  for await (const { table, rowsJson } of parts)
    yield counted(`{"table":${JSON.stringify(table)},"rows":${rowsJson}}`);
  yield `${JSON.stringify({ lines, sha256: hash.digest('hex') })}\n`;
}

/** A backup that was read once to its end and is whole. */
export interface BackupFile {
  readonly header: BackupHeader;
  /** Reads it again. */
  parts(): AsyncIterable<TableRows>;
}

/** Checks a backup. Throws `corrupt` for anything that is not one or not whole, and for one of a newer Weirhouse. */
export async function openBackupFile(path: string): Promise<BackupFile> {
  const hash = createHash('sha256');
  let header: BackupHeader | undefined;
  let lines = 0;
  let end: z.output<typeof EndSchema> | undefined;
  for await (const line of readLines(path)) {
    if (end !== undefined) throw damaged(path);
    if (header === undefined) header = parseHeader(path, line);
    else {
      const parsed = parse(path, line, z.union([EndSchema, RowsSchema]));
      if ('sha256' in parsed) {
        end = parsed;
        continue;
      }
    }
    hash.update(`${line}\n`);
    lines += 1;
  }
  const isWhole = end?.lines === lines && end.sha256 === hash.digest('hex');
  if (header === undefined || !isWhole) throw damaged(path);
  return { header, parts: () => readParts(path) };
}

async function* readParts(path: string): AsyncIterable<TableRows> {
  let isFirst = true;
  for await (const line of readLines(path)) {
    const match = isFirst ? undefined : /^\{"table":"([^"]+)","rows":(.*)\}$/u.exec(line);
    isFirst = false;
    const [, table, rowsJson] = match ?? [];
    if (table !== undefined && rowsJson !== undefined) yield { table, rowsJson };
  }
}

async function* readLines(path: string): AsyncIterable<string> {
  const stream = createReadStream(path);
  const unzipped = stream.pipe(createGunzip());
  stream.on('error', (error) => unzipped.destroy(error));
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of unzipped as AsyncIterable<Buffer>) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
      throw new AppError('not_found', `There is no backup ${path}.`, { cause });
    throw damaged(path, cause);
  } finally {
    stream.destroy();
  }
  if (rest !== '') yield rest;
}

function parseHeader(path: string, line: string): BackupHeader {
  const { weirhouseBackup: format, ...header } = parse(path, line, HeaderSchema);
  if (format > FORMAT)
    throw new AppError(
      'failed_precondition',
      `The backup ${path} was made by a newer Weirhouse: restore it with that version.`,
    );
  return header;
}

function parse<T>(path: string, line: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(line));
  } catch (cause) {
    throw damaged(path, cause);
  }
}

function damaged(path: string, cause?: unknown): AppError {
  return new AppError(
    'corrupt',
    `The backup ${path} is damaged or not a backup; nothing was changed.`,
    {
      cause,
    },
  );
}
