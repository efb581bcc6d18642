export { configDocs } from './docs.ts';
export { parseFlags, type FlagSpec } from './flags.ts';
export {
  loadConfig,
  parseConfigText,
  readConfigFile,
  readSecretFile,
  type ConfigSource,
  type KeyDocs,
} from './load.ts';
