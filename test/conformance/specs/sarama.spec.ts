import { describeClient } from '../matrix/conformance.ts';

describeClient('sarama');
