import { API_INFOS, type ApiInfo, type Reader, type Writer } from '@weirhouse/kafka-protocol';
import { assert } from '@weirhouse/shared-kernel';

/** How one API's request is written and its response read. */
export interface Api<Request, Response> {
  readonly info: ApiInfo;
  readonly write: (writer: Writer, request: Request, version: number) => void;
  readonly read: (reader: Reader, version: number) => Response;
}

/** A request, or a way to make it for the version that was negotiated. */
export type RequestOf<Request> = Request | ((version: number) => Request);

/** Sends a request over some connection. Rejects with an AppError. */
export type Send = <Request extends object, Response>(
  api: Api<Request, Response>,
  request: RequestOf<Request>,
) => Promise<Response>;

/** Joins an API's table entry with its codec. */
export function defineApi<Request, Response>(
  apiKey: number,
  write: Api<Request, Response>['write'],
  read: Api<Request, Response>['read'],
): Api<Request, Response> {
  const info = API_INFOS.find((candidate) => candidate.apiKey === apiKey);
  assert(info !== undefined, `no API ${apiKey}`);
  return { info, write, read };
}

/** The same API in no version above this one. */
export function upTo<Request, Response>(
  version: number,
  { info, read, write }: Api<Request, Response>,
): Api<Request, Response> {
  return {
    info: { ...info, stableMaxVersion: Math.min(version, info.stableMaxVersion) },
    read,
    write,
  };
}
