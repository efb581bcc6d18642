import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { systemTimers } from '../ports.ts';
import { answerUnfinished } from './unread-request.ts';

/**
 * Ends requests whose body takes longer than `maxMs` to come. Node's own limit knows no exceptions,
 * and bodies that are streams (`isStream`) come for as long as their senders like.
 */
export function limitBodyTime(
  adapter: FastifyAdapter,
  options: { readonly maxMs: number; readonly isStream: (url: string) => boolean },
): void {
  adapter.getInstance().addHook('onRequest', (request, reply, done) => {
    const { raw } = request;
    const hasBody = raw.headers['content-length'] ?? raw.headers['transfer-encoding'];
    if (hasBody !== undefined && !options.isStream(request.url)) {
      const cancel = systemTimers.after(options.maxMs, () => {
        if (raw.readableEnded) return;
        if (reply.sent) raw.destroy();
        else answerUnfinished(request, raw.socket);
      });
      raw.once('end', cancel).once('close', cancel);
    }
    done();
  });
}
