import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startProcess } from '@weirhouse/testing-harness';
import type { KafkaHome } from '../kafka/kafka-home.ts';
import { javaArgs } from '../kafka/java-tools.ts';
import { freePorts } from './free-ports.ts';
import type { BenchNode } from './node.ts';

const CLUSTER_ID = 'weirhouseBenchKafkaAAA';
const FORMAT_MS_MAX = 60_000;
const HEAP = '1G';

/**
 * One Kafka process that is broker and controller, as Kafka ships it: its server.properties' values, its
 * start scripts' heap and collector. The folder is formatted here, so that a start is only a start.
 */
export async function kafkaNode(folder: string, home: KafkaHome): Promise<BenchNode> {
  const [port = 0, controllerPort = 0] = await freePorts(2);
  const address = { host: '127.0.0.1', port };
  mkdirSync(folder, { recursive: true });
  const properties = join(folder, 'server.properties');
  writeFileSync(properties, serverProperties(join(folder, 'data'), port, controllerPort));
  const logging = writeLogging(folder);
  const format = ['format', '-t', CLUSTER_ID, '-c', properties, '--standalone'];
  execFileSync(
    'java',
    javaArgs({ home, heap: '256M', logging }, 'kafka.tools.StorageTool', format),
    {
      stdio: 'pipe',
      timeout: FORMAT_MS_MAX,
    },
  );
  const jmx = ['', '.authenticate=false', '.ssl=false'].map(
    (suffix) => `-Dcom.sun.management.jmxremote${suffix}`,
  );
  const args = javaArgs({ home, heap: HEAP, logging, isServer: true }, 'kafka.Kafka', [properties]);
  return {
    side: 'kafka',
    address,
    start: () => startProcess({ command: 'java', args: [...jmx, ...args] }),
  };
}

function serverProperties(dataFolder: string, port: number, controllerPort: number): string {
  const listeners = `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`;
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
    listeners,
    'advertised.listeners': listeners,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': dataFolder,
    'num.network.threads': 3,
    'num.io.threads': 8,
    'socket.send.buffer.bytes': 102_400,
    'socket.receive.buffer.bytes': 102_400,
    'num.partitions': 1,
    'num.recovery.threads.per.data.dir': 2,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
  })
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

/** Kafka's own log goes to a file of the folder, from INFO on, as in its distribution. */
function writeLogging(folder: string): string {
  const file = join(folder, 'log4j2.properties');
  writeFileSync(
    file,
    [
      'status=error',
      'appender.file.type=File',
      'appender.file.name=file',
      `appender.file.fileName=${join(folder, 'server.log')}`,
      'appender.file.layout.type=PatternLayout',
      'appender.file.layout.pattern=[%d] %p %m (%c)%n',
      'rootLogger.level=info',
      'rootLogger.appenderRef.file.ref=file',
      '',
    ].join('\n'),
  );
  return file;
}
