import { groupService, type GroupService } from '../group-service.ts';
import { ProducerIds } from '../produce/producer-ids.ts';
import { MarkerWriter } from '../transactions/marker-writer.ts';
import { TransactionService } from '../transactions/transaction-service.ts';
import type { CoordinatorContext } from './coordinator-service.ts';

/** The coordinators of a broker and what they share. */
export interface Coordinators {
  readonly groups: GroupService;
  readonly transactions: TransactionService;
  readonly producerIds: ProducerIds;
}

/** Makes the coordinators of a broker; transactions end in the groups' partitions too. */
export function coordinatorsOf(context: CoordinatorContext, nodeId: number): Coordinators {
  const { appended, image, metadata, partitions, ports } = context;
  const { clock, log } = ports;
  const groups = groupService(context);
  const producerIds = new ProducerIds({ nodeId, image, metadata });
  const markers = new MarkerWriter({ clock, log, image, partitions, groups, appended });
  const transactions = new TransactionService({ context, producerIds, markers });
  return { groups, transactions, producerIds };
}
