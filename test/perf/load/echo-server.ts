// The reference of every row: a server that reads frames as the broker does and answers 50 bytes to each.
import { createServer, Socket, type AddressInfo } from 'node:net';

const ANSWER_BYTES = 50;
const readBuffer = Buffer.allocUnsafeSlow(1 << 20);
const answer = Buffer.alloc(4 + ANSWER_BYTES);
answer.writeInt32BE(ANSWER_BYTES);

const server = createServer({ pauseOnConnect: true }, (accepted) => {
  let rest = 0;
  let header = 0;
  let seen = 0;
  const onBytes = (count: number): void => {
    socket.cork();
    for (let at = 0; at < count;) {
      if (rest > 0) {
        const some = Math.min(rest, count - at);
        rest -= some;
        at += some;
        if (rest === 0) socket.write(answer);
        continue;
      }
      header = (header << 8) | (readBuffer[at++] ?? 0);
      if (++seen === 4) {
        rest = header;
        header = 0;
        seen = 0;
      }
    }
    socket.uncork();
  };
  const socket = new Socket({
    handle: (accepted as { _handle?: unknown })._handle,
    onread: {
      buffer: readBuffer,
      callback: (count: number) => {
        onBytes(count);
        return true;
      },
    },
  } as never);
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.destroy());
  socket.resume();
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`ready ${(server.address() as AddressInfo).port}\n`);
});
