import { ApiKey } from '@weirhouse/kafka-protocol';
import { writeAddPartitionsToTxnRequest } from '@weirhouse/kafka-protocol/messages/add-partitions-to-txn-request';
import { readAddPartitionsToTxnResponse } from '@weirhouse/kafka-protocol/messages/add-partitions-to-txn-response';
import { writeEndTxnRequest } from '@weirhouse/kafka-protocol/messages/end-txn-request';
import { readEndTxnResponse } from '@weirhouse/kafka-protocol/messages/end-txn-response';
import { writeInitProducerIdRequest } from '@weirhouse/kafka-protocol/messages/init-producer-id-request';
import { readInitProducerIdResponse } from '@weirhouse/kafka-protocol/messages/init-producer-id-response';
import { defineApi, upTo } from '../api.ts';

/** Later versions take several transactions at once, and only from brokers. */
const ADD_PARTITIONS_CLIENT_VERSION = 3;
/** Later versions change the producer's epoch with every transaction (KIP-890). */
const END_TXN_SAME_EPOCH_VERSION = 4;

/** The APIs of transactions, in the versions in which a producer keeps its epoch. */
export const transactionApis = {
  initProducerId: defineApi(
    ApiKey.InitProducerId,
    writeInitProducerIdRequest,
    readInitProducerIdResponse,
  ),
  addPartitions: upTo(
    ADD_PARTITIONS_CLIENT_VERSION,
    defineApi(
      ApiKey.AddPartitionsToTxn,
      writeAddPartitionsToTxnRequest,
      readAddPartitionsToTxnResponse,
    ),
  ),
  endTransaction: upTo(
    END_TXN_SAME_EPOCH_VERSION,
    defineApi(ApiKey.EndTxn, writeEndTxnRequest, readEndTxnResponse),
  ),
} as const;
