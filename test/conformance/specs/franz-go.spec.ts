import { describeClient } from '../matrix/conformance.ts';

describeClient('franz-go');
