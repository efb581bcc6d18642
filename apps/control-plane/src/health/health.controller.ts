import { Controller, Get, Header, Inject, Res } from '@nestjs/common';
import type { OpenApiDocument } from '@weirhouse/cloud-contract';
import type { Registry } from 'prom-client';
import type { HttpReply } from '../http/http-types.ts';
import { Open } from '../http/implements.ts';
import { METRICS } from '../ports.ts';
import { describeApi } from './describe-api.ts';
import { Readiness } from './readiness.ts';

/** What needs no key: health for machines, metrics, and the contract itself. */
@Controller()
export class HealthController {
  #document: OpenApiDocument | undefined;

  constructor(
    private readonly readiness: Readiness,
    @Inject(METRICS) private readonly registry: Registry,
  ) {}

  /** The event loop turns; says nothing about anything else. */
  @Get('livez')
  @Open()
  live(): { readonly live: true } {
    return { live: true };
  }

  /** 200 when requests can be served, else 503 and the reasons. */
  @Get('readyz')
  @Open()
  async ready(@Res() reply: HttpReply): Promise<void> {
    const problems = await this.readiness.problems();
    const ready = Object.keys(problems).length === 0;
    reply
      .status(ready ? 200 : 503)
      .header('content-type', 'application/json')
      .send({ ready, ...(ready ? {} : { problems }) });
  }

  /** Prometheus text. */
  @Get('metrics')
  @Open()
  async metrics(@Res() reply: HttpReply): Promise<void> {
    reply.header('content-type', this.registry.contentType).send(await this.registry.metrics());
  }

  /** The contract as OpenAPI 3.1. */
  @Get('openapi.json')
  @Open()
  @Header('content-type', 'application/json')
  openApi(): OpenApiDocument {
    this.#document ??= describeApi();
    return this.#document;
  }
}
