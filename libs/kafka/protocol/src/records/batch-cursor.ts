import { KafkaProtocolError } from '../primitives/protocol-error.ts';
import {
  BatchField,
  BatchView,
  LOG_OVERHEAD_BYTES,
  RECORD_BATCH_HEADER_BYTES,
} from './batch-view.ts';

/**
 * Walks the whole batches of a buffer with one view and no allocation. A cut-off last batch ends
 * the walk: `wholeBytes` tells how far it came. Nothing but lengths is checked.
 */
export class BatchCursor {
  /** The batch that the last `next()` found; moved by every `next()`. */
  readonly view = new BatchView();
  #buffer: Buffer = Buffer.alloc(0);
  #start = 0;
  #position = 0;
  #end = 0;

  /** Starts over at `buffer[start, end)`. */
  reset(buffer: Buffer, start = 0, end = buffer.length): this {
    this.#buffer = buffer;
    this.#start = start;
    this.#position = start;
    this.#end = end;
    return this;
  }

  /** Bytes of the whole batches seen so far, from `start`. */
  get wholeBytes(): number {
    return this.#position - this.#start;
  }

  /** The magic of what comes next, before anything else of it is read; undefined at the end. */
  peekMagic(): number | undefined {
    const at = this.#position + BatchField.MAGIC;
    return at < this.#end ? this.#buffer.readInt8(at) : undefined;
  }

  /**
   * Moves `view` to the next whole batch; false when none is left. Throws KafkaProtocolError when a
   * length is below that of a header: nothing behind it can be found.
   */
  next(): boolean {
    const left = this.#end - this.#position;
    if (left < LOG_OVERHEAD_BYTES) return false;
    const length = this.#buffer.readInt32BE(this.#position + BatchField.BATCH_LENGTH);
    const size = length + LOG_OVERHEAD_BYTES;
    if (size < RECORD_BATCH_HEADER_BYTES)
      throw new KafkaProtocolError(
        `batch at byte ${this.wholeBytes}: a length of ${length} is below that of its header`,
      );
    if (size > left) return false;
    this.view.reset(this.#buffer, this.#position);
    this.#position += size;
    return true;
  }
}
