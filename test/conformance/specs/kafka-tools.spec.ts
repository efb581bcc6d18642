import { describeKafkaTools } from '../matrix/kafka-tools.ts';

describeKafkaTools();
