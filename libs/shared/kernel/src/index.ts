export { assert, unreachable } from './assert.ts';
export { AppError, isAppError, type ErrorCode, type ErrorOptions } from './errors.ts';
export type { Clock, Log, Random, Timers } from './ports.ts';
export { Secret } from './secret.ts';
export { uuidFromBytes, uuidToBytes, ZERO_UUID, type Uuid } from './uuid.ts';
