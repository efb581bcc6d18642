/** Why a request of a consumer group is refused: Kafka's code and a sentence for people. */
export interface Refusal {
  readonly errorCode: number;
  readonly errorMessage: string;
}

/** A refusal with that code and sentence. */
export function refusal(errorCode: number, errorMessage: string): Refusal {
  return { errorCode, errorMessage };
}

/** True when an outcome is a refusal. */
export function isRefusal(outcome: object): outcome is Refusal {
  return 'errorCode' in outcome;
}
