// AddRaftVoter: versions 0 and 1 (KIP-853). The voters are fixed (kraft.version 0), so none is added.
// Needs ALTER on the cluster.
import {
  addRaftVoterRequestSchema,
  readAddRaftVoterRequest,
  type AddRaftVoterRequest,
} from '@weirhouse/kafka-protocol/messages/add-raft-voter-request';
import {
  writeAddRaftVoterResponse,
  type AddRaftVoterResponse,
} from '@weirhouse/kafka-protocol/messages/add-raft-voter-response';

import { defineHandler } from '../handler.ts';
import { refuseVoterChange } from '../voter-changes.ts';

/** API key 80. */
export const addRaftVoter = defineHandler<AddRaftVoterRequest, AddRaftVoterResponse>({
  schema: addRaftVoterRequestSchema,
  minVersion: 0,
  maxVersion: 1,
  authenticated: true,
  notes: ['Refused (error 35): the voters are fixed, kraft.version is 0.'],
  borrowsFrame: true,
  read: readAddRaftVoterRequest,
  write: writeAddRaftVoterResponse,
  handle(context, request, respond) {
    respond(refuseVoterChange(context, request.clusterId));
  },
});
