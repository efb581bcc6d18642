import { describeClient } from '../matrix/conformance.ts';

describeClient('java-4');
