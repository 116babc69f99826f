/** Why a node could not be attached, as a code for the window's words. */
import type { AttachmentProblem } from '../../../app/contract/attachment.ts';
import { MissingToolError } from '../../engine/missing-tool-error.ts';
import { ElevationError } from '../../helper/elevated-helper.ts';
import { PlaceError } from '../../targets/place-error.ts';

type Code = AttachmentProblem['code'];

const PLACE_CODES = [
  'not-installed',
  'not-reachable',
  'no-permission',
  'gone',
  'not-running',
  'paused',
] as const satisfies readonly Code[];

export function problemOf(error: unknown): AttachmentProblem {
  return { code: codeOf(error), detail: error instanceof Error ? error.message : String(error) };
}

function codeOf(error: unknown): Code {
  if (error instanceof LostNodeError) return 'lost';
  if (error instanceof MissingToolError) return 'missing-tool';
  if (error instanceof ElevationError) return error.code === 'failed' ? 'elevation-failed' : error.code;
  if (error instanceof PlaceError) return error.code;
  const told = (error as { code?: unknown } | null)?.code;
  // What a helper met with comes as data.
  const found = PLACE_CODES.find((code) => code === told);
  if (found) return found;
  return error instanceof Error && error.cause !== undefined ? codeOf(error.cause) : 'other';
}

/** What held the node for us has ended. */
export class LostNodeError extends Error {
  constructor() {
    super('the helper process has ended');
    this.name = 'LostNodeError';
  }
}
