import * as addPartitionsToTxnRequest from '@weirhouse/kafka-protocol/messages/add-partitions-to-txn-request';
import * as addPartitionsToTxnResponse from '@weirhouse/kafka-protocol/messages/add-partitions-to-txn-response';
import * as addOffsetsToTxnRequest from '@weirhouse/kafka-protocol/messages/add-offsets-to-txn-request';
import * as addOffsetsToTxnResponse from '@weirhouse/kafka-protocol/messages/add-offsets-to-txn-response';
import * as endTxnRequest from '@weirhouse/kafka-protocol/messages/end-txn-request';
import * as endTxnResponse from '@weirhouse/kafka-protocol/messages/end-txn-response';
import * as writeTxnMarkersRequest from '@weirhouse/kafka-protocol/messages/write-txn-markers-request';
import * as writeTxnMarkersResponse from '@weirhouse/kafka-protocol/messages/write-txn-markers-response';
import * as txnOffsetCommitRequest from '@weirhouse/kafka-protocol/messages/txn-offset-commit-request';
import * as txnOffsetCommitResponse from '@weirhouse/kafka-protocol/messages/txn-offset-commit-response';
import * as describeTransactionsRequest from '@weirhouse/kafka-protocol/messages/describe-transactions-request';
import * as describeTransactionsResponse from '@weirhouse/kafka-protocol/messages/describe-transactions-response';
import * as listTransactionsRequest from '@weirhouse/kafka-protocol/messages/list-transactions-request';
import * as listTransactionsResponse from '@weirhouse/kafka-protocol/messages/list-transactions-response';

/** The transactional APIs from the client's side, beside `apiCalls`. */
export const transactionCalls = {
  addPartitionsToTxn: {
    schema: addPartitionsToTxnRequest.addPartitionsToTxnRequestSchema,
    request: addPartitionsToTxnRequest.defaultAddPartitionsToTxnRequest,
    write: addPartitionsToTxnRequest.writeAddPartitionsToTxnRequest,
    read: addPartitionsToTxnResponse.readAddPartitionsToTxnResponse,
  },
  addOffsetsToTxn: {
    schema: addOffsetsToTxnRequest.addOffsetsToTxnRequestSchema,
    request: addOffsetsToTxnRequest.defaultAddOffsetsToTxnRequest,
    write: addOffsetsToTxnRequest.writeAddOffsetsToTxnRequest,
    read: addOffsetsToTxnResponse.readAddOffsetsToTxnResponse,
  },
  endTxn: {
    schema: endTxnRequest.endTxnRequestSchema,
    request: endTxnRequest.defaultEndTxnRequest,
    write: endTxnRequest.writeEndTxnRequest,
    read: endTxnResponse.readEndTxnResponse,
  },
  writeTxnMarkers: {
    schema: writeTxnMarkersRequest.writeTxnMarkersRequestSchema,
    request: writeTxnMarkersRequest.defaultWriteTxnMarkersRequest,
    write: writeTxnMarkersRequest.writeWriteTxnMarkersRequest,
    read: writeTxnMarkersResponse.readWriteTxnMarkersResponse,
  },
  txnOffsetCommit: {
    schema: txnOffsetCommitRequest.txnOffsetCommitRequestSchema,
    request: txnOffsetCommitRequest.defaultTxnOffsetCommitRequest,
    write: txnOffsetCommitRequest.writeTxnOffsetCommitRequest,
    read: txnOffsetCommitResponse.readTxnOffsetCommitResponse,
  },
  describeTransactions: {
    schema: describeTransactionsRequest.describeTransactionsRequestSchema,
    request: describeTransactionsRequest.defaultDescribeTransactionsRequest,
    write: describeTransactionsRequest.writeDescribeTransactionsRequest,
    read: describeTransactionsResponse.readDescribeTransactionsResponse,
  },
  listTransactions: {
    schema: listTransactionsRequest.listTransactionsRequestSchema,
    request: listTransactionsRequest.defaultListTransactionsRequest,
    write: listTransactionsRequest.writeListTransactionsRequest,
    read: listTransactionsResponse.readListTransactionsResponse,
  },
} as const;
