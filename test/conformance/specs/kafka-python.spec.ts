import { describeClient } from '../matrix/conformance.ts';

describeClient('kafka-python');
