import { Readable } from 'node:stream';
import { Controller, Inject, Req, Res } from '@nestjs/common';
import { routes } from '@weirhouse/cloud-contract';
import { Authenticator } from '../auth/authenticator.ts';
import type { OpContext } from '../auth/op-context.ts';
import type { HttpRequest, StreamReply, StreamRequest } from '../http/http-types.ts';
import { ImplementsStream } from '../http/implements.ts';
import { Context, parseInput } from '../http/input.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { badRequest } from './kafka-failures.ts';
import { KafkaGateway } from './kafka-gateway.ts';
import { exchangeRecords } from './record-exchange.ts';
import { RecordReader } from './record-reader.ts';
import { RecordStreams } from './record-streams.ts';
import { RecordWriter } from './record-writer.ts';
import { stoppable } from './stoppable.ts';
import { findTopic } from './topics.service.ts';

/** A stream goes on this long before its credential is looked at again. */
const CREDENTIAL_CHECK_MS = 5_000;

/** kafka/v3 records. Bodies are read as they come and no faster than answers are taken. */
@Controller()
export class RecordsController {
  #turn = 0;

  constructor(
    private readonly gateway: KafkaGateway,
    private readonly streams: RecordStreams,
    private readonly authenticator: Authenticator,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  @ImplementsStream(routes.produceRecord)
  async produce(
    @Context() ctx: OpContext,
    @Req() request: StreamRequest,
    @Res() reply: StreamReply,
  ): Promise<void> {
    const { params } = parseInput({ ...routes.produceRecord, body: undefined }, request);
    const { cluster_id: clusterId, topic_name: name } = params as {
      readonly cluster_id: string;
      readonly topic_name: string;
    };
    if (!(request.body instanceof Readable)) throw badRequest('The body must hold a record.');
    const { body, stop } = stoppable(request.body);
    await this.streams.run(ctx, stop, () =>
      this.gateway.read(ctx, clusterId, async ({ client }) => {
        const { partitions } = await findTopic(client, name);
        const { brokers } = await client.metadata([]);
        this.#turn += 1;
        const target = { clusterId, topic: name, partitions, brokers };
        const writer = new RecordWriter(client, target, this.#turn);
        const reader = new RecordReader(body, () => this.ports.clock.wallMs());
        const check = this.#checkOf(request);
        const heldBackMs = (): number => client.heldBackMs;
        const { requestId } = ctx;
        await exchangeRecords({ reader, writer, reply, requestId, check, heldBackMs });
      }),
    );
    // What of the body is not read any more would keep its connection.
    if (!request.raw.readableEnded) request.raw.destroy();
  }

  #checkOf({ headers, id, ip }: HttpRequest): () => Promise<void> {
    const { clock } = this.ports;
    let checkedMs = clock.monotonicMs();
    return async () => {
      const nowMs = clock.monotonicMs();
      if (nowMs - checkedMs < CREDENTIAL_CHECK_MS) return;
      checkedMs = nowMs;
      const caller = { header: headers.authorization, requestId: id, address: ip };
      await this.authenticator.authenticate(caller, routes.produceRecord.credentials);
    };
  }
}
