/** The folder that holds this broker's logs, as administrators ask for it. */
export interface LogDirectory {
  /** The path as Kafka's `log.dirs` names it. */
  readonly path: string;
  /** Bytes of the volume and how many of them are free for the broker; -1 when they cannot be told. */
  space(): { readonly totalBytes: number; readonly usableBytes: number };
}
