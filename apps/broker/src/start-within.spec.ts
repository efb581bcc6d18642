import { AppError } from '@weirhouse/shared-kernel';
import { expect, test } from 'vitest';
import { startWithin } from './start-within.ts';

type Done = (error: AppError | undefined) => void;

test('a start in time is a start, whatever its limit', async () => {
  const broker = { start: (done: Done) => done(undefined) };
  await expect(startWithin(broker, 10_000)).resolves.toBeUndefined();
  await expect(startWithin(broker, Number('9223372036854775807'))).resolves.toBeUndefined();
});

test('a start that takes too long is given up with the setting', async () => {
  const broker = { start: () => undefined };
  await expect(startWithin(broker, 1)).rejects.toThrow('server.max.startup.time.ms');
});

test('a start that fails is told as it is', async () => {
  const broker = { start: (done: Done) => done(new AppError('storage', 'no disk')) };
  await expect(startWithin(broker, 10_000)).rejects.toThrow('no disk');
});
