import { TargetError } from './target-spec.ts';

/**
 * Why a node's place does not answer, apart from what a command there says.
 * `not-installed`: the program that leads there is missing. `not-reachable`: it is there, and what it asks does not
 * answer. `no-permission`: this user may not ask. `gone`: there is no such container or machine. `not-running`: there
 * is one, stopped, and its network has gone. `paused`: it will go on from where it is.
 */
export type PlaceErrorCode =
  | 'not-installed'
  | 'not-reachable'
  | 'no-permission'
  | 'gone'
  | 'not-running'
  | 'paused';

/** The message says what can be done about it. */
export class PlaceError extends TargetError {
  readonly code: PlaceErrorCode;

  constructor(code: PlaceErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PlaceError';
    this.code = code;
  }
}
