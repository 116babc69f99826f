/** A packet that comes in from outside the cluster, for tests that walk rules. */
export interface Packet {
  readonly source: string;
  readonly destination: string;
  readonly protocol: string;
  readonly port: number;
  /** The source is an address of the node. */
  readonly fromNode: boolean;
  /** The destination is. */
  readonly toNode: boolean;
}

/** yes, no, or (by chance, or by what happened before) perhaps. */
export type Answer = boolean | undefined;

/** The answer to all questions at once. */
export function allOf(answers: readonly Answer[]): Answer {
  if (answers.includes(false)) return false;
  return answers.includes(undefined) ? undefined : true;
}
