export { startAdminServer, type AdminOptions, type AdminServer } from './admin-server.ts';
export { createLog, type LogLevel, type LogOptions } from './log.ts';
export { createRegistry } from './metrics.ts';
