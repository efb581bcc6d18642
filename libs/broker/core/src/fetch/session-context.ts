import { KafkaError } from '@weirhouse/kafka-protocol';

import type { FetchSessionCache } from './session-cache.ts';
import {
  nextSessionEpoch,
  type FetchAnswer,
  type FetchSession,
  type FetchTarget,
} from './session.ts';

/** The session epoch of a request that ends its session or wants none. */
export const FINAL_EPOCH = -1;

/** The session epoch of a request that asks for a new session. */
export const INITIAL_EPOCH = 0;

/** The session part of a fetch request. Versions below 7 have none: epoch FINAL_EPOCH. */
export interface FetchSessionRequest {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly usesTopicIds: boolean;
  readonly targets: readonly FetchTarget[];
  readonly forgotten: readonly string[];
}

/** How one fetch request relates to a session. */
export type FetchContext =
  | { readonly kind: 'refused'; readonly errorCode: number }
  | {
      readonly kind: 'full';
      readonly targets: readonly FetchTarget[];
      readonly usesTopicIds: boolean;
      readonly wantsSession: boolean;
    }
  | {
      readonly kind: 'incremental';
      readonly targets: readonly FetchTarget[];
      readonly session: FetchSession;
      readonly epoch: number;
    };

/** The session id to answer with, and which of the answers the response mentions. */
export interface FetchSessionAnswer {
  readonly errorCode: number;
  readonly sessionId: number;
  readonly mentioned: (position: number) => boolean;
}

const ALL = (): boolean => true;

/**
 * Applies the session rules of KIP-227 to a request.
 *
 * | session id | epoch | result |
 * |---|---|---|
 * | any | -1 | the session, if any, ends; full fetch without session |
 * | any | 0 | the session, if any, ends; full fetch, a session is tried for |
 * | unknown | 1.. | 70 |
 * | known | not the expected one | 71 |
 * | known, names against ids | expected | 106 |
 * | known | expected | incremental; when nothing is left in it, the session ends |
 */
export function openFetchContext(
  sessions: FetchSessionCache,
  request: FetchSessionRequest,
  nowMs: number,
): FetchContext {
  const { sessionEpoch, sessionId, targets, usesTopicIds } = request;
  if (sessionEpoch === INITIAL_EPOCH || sessionEpoch === FINAL_EPOCH) {
    sessions.remove(sessionId);
    return { kind: 'full', targets, usesTopicIds, wantsSession: sessionEpoch === INITIAL_EPOCH };
  }
  const session = sessions.find(sessionId);
  if (session === undefined) return refused(KafkaError.FETCH_SESSION_ID_NOT_FOUND);
  if (session.epoch !== sessionEpoch) return refused(KafkaError.INVALID_FETCH_SESSION_EPOCH);
  if (session.usesTopicIds !== usesTopicIds)
    return refused(KafkaError.FETCH_SESSION_TOPIC_ID_ERROR);
  session.update(targets, request.forgotten);
  sessions.touch(session, nowMs);
  if (session.size === 0) {
    sessions.remove(sessionId);
    return { kind: 'full', targets: [], usesTopicIds, wantsSession: false };
  }
  session.epoch = nextSessionEpoch(sessionEpoch);
  return { kind: 'incremental', targets: session.targets(), session, epoch: session.epoch };
}

/** Ends a fetch: creates the session that was asked for, or cuts the answer to what changed. */
export function answerFetchContext(
  sessions: FetchSessionCache,
  context: Exclude<FetchContext, { kind: 'refused' }>,
  options: { answers: readonly FetchAnswer[]; nowMs: number },
): FetchSessionAnswer {
  const { answers, nowMs } = options;
  if (context.kind === 'full') {
    if (!context.wantsSession) return { errorCode: 0, sessionId: 0, mentioned: ALL };
    const { targets, usesTopicIds } = context;
    const session = sessions.create({ usesTopicIds, size: targets.length, nowMs });
    if (session === undefined) return { errorCode: 0, sessionId: 0, mentioned: ALL };
    session.update(targets, []);
    rememberAll(session, targets, answers);
    return { errorCode: 0, sessionId: session.id, mentioned: ALL };
  }
  const { epoch, session, targets } = context;
  if (session.epoch !== epoch || sessions.find(session.id) !== session) {
    // Another request used or ended the session while this one waited.
    const errorCode = KafkaError.INVALID_FETCH_SESSION_EPOCH;
    return { errorCode, sessionId: session.id, mentioned: () => false };
  }
  sessions.touch(session, nowMs);
  const mentioned = rememberAll(session, targets, answers);
  return {
    errorCode: 0,
    sessionId: session.id,
    mentioned: (position) => mentioned[position] === 1,
  };
}

function rememberAll(
  session: FetchSession,
  targets: readonly FetchTarget[],
  answers: readonly FetchAnswer[],
): Uint8Array {
  const mentioned = new Uint8Array(targets.length);
  for (const [position, target] of targets.entries()) {
    const answer = answers[position];
    if (answer !== undefined && session.remember(target, answer)) mentioned[position] = 1;
  }
  return mentioned;
}

function refused(errorCode: number): FetchContext {
  return { kind: 'refused', errorCode };
}
