import { describeClient } from '../matrix/conformance.ts';

describeClient('confluent-kafka');
