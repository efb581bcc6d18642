import { connect } from 'node:net';

/** How long a connection on this machine may take, in milliseconds. */
const CONNECT_MAX_MS = 1_000;

/** True when something accepts connections at `host:port`. */
export function isListening(endpoint: string): Promise<boolean> {
  const colon = endpoint.lastIndexOf(':');
  const host = endpoint.slice(0, colon);
  const port = Number(endpoint.slice(colon + 1));
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_MAX_MS });
    const end = (isOpen: boolean): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}
