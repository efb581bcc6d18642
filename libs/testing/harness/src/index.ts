export { startBroker, type BrokerOptions, type TestBroker } from './broker.ts';
export {
  canMakeCertificates,
  makeCertificate,
  makeKeyStore,
  type CertificateOptions,
  type TestCertificate,
} from './certificates.ts';
export {
  startCloud,
  startCloudProcess,
  waitForBroker,
  type CloudOptions,
  type Quickstart,
  type RunFile,
  type TestCloud,
} from './cloud.ts';
export { checkout, startProcess, type TestProcess, type TestProcessOptions } from './process.ts';
export { temporaryFolder } from './temporary-folder.ts';
export { requireTool } from './tools.ts';
export { waitFor } from './wait.ts';
export { connectWire, type WireClient, type WireClientOptions } from './wire-client.ts';
export { startTokenIssuer, type TokenIssuer } from './token-issuer.ts';
