// RemoveRaftVoter: version 0 (KIP-853). The voters are fixed (kraft.version 0), so none is removed.
// Needs ALTER on the cluster.
import {
  removeRaftVoterRequestSchema,
  readRemoveRaftVoterRequest,
  type RemoveRaftVoterRequest,
} from '@weirhouse/kafka-protocol/messages/remove-raft-voter-request';
import {
  writeRemoveRaftVoterResponse,
  type RemoveRaftVoterResponse,
} from '@weirhouse/kafka-protocol/messages/remove-raft-voter-response';

import { defineHandler } from '../handler.ts';
import { refuseVoterChange } from '../voter-changes.ts';

/** API key 81. */
export const removeRaftVoter = defineHandler<RemoveRaftVoterRequest, RemoveRaftVoterResponse>({
  schema: removeRaftVoterRequestSchema,
  minVersion: 0,
  maxVersion: 0,
  authenticated: true,
  notes: ['Refused (error 35): the voters are fixed, kraft.version is 0.'],
  borrowsFrame: true,
  read: readRemoveRaftVoterRequest,
  write: writeRemoveRaftVoterResponse,
  handle(context, request, respond) {
    respond(refuseVoterChange(context, request.clusterId));
  },
});
