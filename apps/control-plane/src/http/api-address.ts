import { Injectable } from '@nestjs/common';
import { assert } from '@weirhouse/shared-kernel';

/**
 * Where people reach this API: the start of every link in an answer. Known once the port is open
 * (or given by the operator), so it is set then and only read by requests.
 */
@Injectable()
export class ApiAddress {
  #url: string | undefined;

  /** Sets the base URL, `http://host:port` without a slash at the end. */
  becomes(url: string): void {
    assert(!url.endsWith('/'), 'a base URL has no slash at its end');
    this.#url = url;
  }

  /** `http://host:port`. */
  get url(): string {
    assert(this.#url !== undefined, 'the API answers only after its port is open');
    return this.#url;
  }

  /** An absolute link. `path` starts with a slash. */
  link(path: string): string {
    return `${this.url}${path}`;
  }
}
