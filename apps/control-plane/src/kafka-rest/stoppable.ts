import { PassThrough, type Readable } from 'node:stream';

/** A body that can be ended from here: its reader then sees the end of it, and its sender's socket stays open. */
export function stoppable(body: Readable): { readonly body: Readable; readonly stop: () => void } {
  const through = new PassThrough();
  body.pipe(through);
  body.once('error', (error) => through.destroy(error));
  // A sender that went away in the middle; after the end of the body this changes nothing.
  body.once('close', () => {
    if (!body.readableEnded) through.destroy(new Error('The body was not sent to its end.'));
  });
  const stop = (): void => {
    body.unpipe(through);
    through.end();
  };
  return { body: through, stop };
}
