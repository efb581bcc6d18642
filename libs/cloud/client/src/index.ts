export { CloudClient, type CloudClientOptions } from './cloud-client.ts';
