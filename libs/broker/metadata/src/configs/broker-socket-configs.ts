import { atLeast, distinctList } from './checks.ts';
import { type ConfigDefinition, define } from './definition.ts';

/** Broker settings about sockets, and the threads behind them. */
export const BROKER_SOCKET_CONFIGS: readonly ConfigDefinition[] = [
  define('broker.id', 'INT', '-1', {
    doc: 'The older name of node.id.',
  }),
  define('num.network.threads', 'INT', '3', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    doc: 'Threads that move requests and responses over the network.',
  }),
  define('num.io.threads', 'INT', '8', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    doc: 'Threads that work on requests.',
  }),
  define('background.threads', 'INT', '10', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    doc: 'Threads for work that no request waits for.',
  }),
  define('queued.max.requests', 'INT', '500', {
    check: atLeast(1),
    doc: 'Requests that may wait for a thread before the network is no longer read.',
  }),
  define('queued.max.request.bytes', 'LONG', '-1', {
    doc: 'Bytes of requests that may wait, whole ones and unfinished ones each; a connection beyond it is closed. -1: a share of the memory.',
  }),
  define('socket.send.buffer.bytes', 'INT', '102400', {
    doc: 'The send buffer of a connection in the kernel, in bytes; -1 leaves it to the system.',
  }),
  define('socket.receive.buffer.bytes', 'INT', '102400', {
    doc: 'The receive buffer of a connection in the kernel, in bytes; -1 leaves it to the system.',
  }),
  define('socket.listen.backlog.size', 'INT', '50', {
    check: atLeast(1),
    doc: 'Connections that may wait in the kernel to be accepted.',
  }),
  define('socket.connection.setup.timeout.ms', 'LONG', '10000', {
    doc: 'How long the broker waits for a connection of its own to be made.',
  }),
  define('socket.connection.setup.timeout.max.ms', 'LONG', '30000', {
    doc: 'The longest wait for a connection of its own after repeated failures.',
  }),
  define('request.timeout.ms', 'INT', '30000', {
    doc: 'How long the broker waits for the answer to a request of its own.',
  }),
  define('max.connections.per.ip.overrides', 'STRING', '', {
    check: { kind: 'address-limits' },
    dynamic: 'cluster-wide',
    doc: 'Addresses with a limit of their own, each as address:count.',
  }),
  define('max.connection.creation.rate', 'INT', '2147483647', {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    doc: 'New connections per second this broker accepts at most.',
  }),
  define('early.start.listeners', 'LIST', null, {
    check: distinctList(),
    doc: 'Listeners that are opened before the broker has caught up with the metadata.',
  }),
  define('unstable.api.versions.enable', 'BOOLEAN', 'false', {
    internal: true,
    doc: 'Whether versions of APIs that are still in development are served.',
  }),
  define('unstable.feature.versions.enable', 'BOOLEAN', 'false', {
    internal: true,
    doc: 'Whether levels of features that are still in development can be finalized.',
  }),
];
