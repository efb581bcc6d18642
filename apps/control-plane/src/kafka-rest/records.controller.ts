import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setImmediate as immediate } from 'node:timers/promises';
import { Controller, Inject, Req, Res } from '@nestjs/common';
import { failureBody, failureFromError, routes } from '@weirhouse/cloud-contract';
import { isAppError } from '@weirhouse/shared-kernel';
import type { OpContext } from '../auth/op-context.ts';
import { withRestCode } from '../http/failure.filter.ts';
import type { HttpReply, HttpRequest } from '../http/http-types.ts';
import { ImplementsStream } from '../http/implements.ts';
import { Context, parseInput } from '../http/input.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { badRequest, toRestFailure } from './kafka-failures.ts';
import { KafkaGateway } from './kafka-gateway.ts';
import { RecordReader } from './record-reader.ts';
import { RecordWriter, type RecordOutcome } from './record-writer.ts';
import { findTopic } from './topics.service.ts';

/** kafka/v3 records. Bodies are read as they come and no faster than answers are taken. */
@Controller()
export class RecordsController {
  #turn = 0;

  constructor(
    private readonly gateway: KafkaGateway,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  @ImplementsStream(routes.produceRecord)
  async produce(
    @Context() ctx: OpContext,
    @Req() request: HttpRequest,
    @Res() reply: HttpReply,
  ): Promise<void> {
    const { params } = parseInput({ ...routes.produceRecord, body: undefined }, request);
    const { cluster_id: clusterId, topic_name: name } = params as {
      readonly cluster_id: string;
      readonly topic_name: string;
    };
    const { body } = request;
    if (!(body instanceof Readable)) throw badRequest('The body must hold a record.');
    await this.gateway.read(ctx, clusterId, async ({ client }) => {
      const { partitions } = await findTopic(client, name);
      const { brokers } = await client.metadata([]);
      this.#turn += 1;
      const target = { clusterId, topic: name, partitions, brokers };
      const writer = new RecordWriter(client, target, this.#turn);
      const reader = new RecordReader(body, () => this.ports.clock.wallMs());
      await answer({ reader, writer, reply, requestId: ctx.requestId });
    });
  }
}

interface Exchange {
  readonly reader: RecordReader;
  readonly writer: RecordWriter;
  readonly reply: HttpReply;
  readonly requestId: string;
}

/** A body of one record is answered by a status of its own; several by 200 and one object each. */
async function answer(exchange: Exchange): Promise<void> {
  const { reader, reply, requestId, writer } = exchange;
  const batches = reader.batches();
  const first = await batches.next();
  if (first.done === true) throw badRequest('The body must hold a record.');
  const reading = batches.next();
  let isOver = false;
  void reading
    .then(({ done }) => (isOver = done === true))
    // A failure to read on is told where the rest is waited for.
    .catch(() => false);
  const outcomes = await writer.write(first.value);
  await immediate();
  const [outcome] = outcomes;
  if (isOver && outcome !== undefined && outcomes.length === 1) {
    if (outcome.kind === 'failed') throw outcome.error;
    reply.status(200).send(outcome.body);
    return;
  }
  async function* answers(): AsyncGenerator<string> {
    yield textOf(outcomes, requestId);
    for (let next = await reading; next.done !== true; next = await batches.next())
      yield textOf(await writer.write(next.value), requestId);
  }
  const stream = Readable.from(answers());
  const end = finished(stream);
  reply.status(200).header('content-type', 'application/json').send(stream);
  // A caller that goes away in the middle has nobody to be told of it.
  await end.catch(() => undefined);
}

function textOf(outcomes: readonly RecordOutcome[], requestId: string): string {
  return outcomes.map((outcome) => `${JSON.stringify(bodyOf(outcome, requestId))}\r\n`).join('');
}

function bodyOf(outcome: RecordOutcome, requestId: string): object {
  if (outcome.kind === 'written') return outcome.body;
  const error = toRestFailure(outcome.error);
  const failure = failureFromError(error, requestId);
  const cause = isAppError(error) ? error.cause : undefined;
  return failureBody(withRestCode(failure, cause), 'kafka-rest');
}
