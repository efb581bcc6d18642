import type { QuickstartFile } from './quickstart-file.ts';

/** What a person reads after the first start, keys included: this is the only time. */
export function firstStartLines(file: QuickstartFile, path: string): readonly string[] {
  return [
    '',
    `Bootstrap server   ${file.bootstrap}`,
    `Cluster API key    ${file.clusterApiKey}`,
    `Cluster API secret ${file.clusterApiSecret}`,
    `REST API           ${file.apiUrl}`,
    `Cloud API key      ${file.cloudApiKey}`,
    `Cloud API secret   ${file.cloudApiSecret}`,
    `User               ${file.userEmail}`,
    `Password           ${file.userPassword}`,
    `(kept in ${path}, with a Global API key for npm run weir)`,
    '',
    'Try it, in another terminal:',
    '',
    kcatLine(file),
    '',
    nodeLine(file),
    '',
    `curl -u ${file.cloudApiKey}:${quote(file.cloudApiSecret)} ${file.apiUrl}/org/v2/environments`,
    '',
  ];
}

/** What a person reads after any later start. */
export function laterStartLines(file: Partial<QuickstartFile>, path: string): readonly string[] {
  const bootstrap = file.bootstrap === undefined ? [] : [`Bootstrap server   ${file.bootstrap}`];
  return ['', ...bootstrap, `REST API           ${file.apiUrl ?? ''}`, `Keys are in ${path}`, ''];
}

function kcatLine(file: QuickstartFile): string {
  return [
    `echo hello | kcat -b ${file.bootstrap} -t hello -P`,
    '-X security.protocol=SASL_PLAINTEXT -X sasl.mechanisms=PLAIN',
    `-X sasl.username=${file.clusterApiKey} -X sasl.password=${quote(file.clusterApiSecret)}`,
  ].join(' ');
}

/** Runs in the checkout, where the client library is installed. */
function nodeLine(file: QuickstartFile): string {
  const options = [
    `clientId: "try"`,
    `bootstrapBrokers: ["${file.bootstrap}"]`,
    `sasl: { mechanism: "PLAIN", username: "${file.clusterApiKey}", password: "${file.clusterApiSecret}" }`,
    'serializers: stringSerializers',
  ].join(', ');
  const program = [
    'import { Producer, stringSerializers } from "@platformatic/kafka"',
    `const producer = new Producer({ ${options} })`,
    'console.log(await producer.send({ messages: [{ topic: "hello", key: "k", value: "hello" }] }))',
    'await producer.close()',
  ].join('; ');
  return `node --input-type=module -e ${quote(program)}`;
}

/** Base64 has no quotes, but plus, slash and equals: quoting keeps every shell calm. */
function quote(text: string): string {
  return `'${text}'`;
}
