/** How a command ends: 0; 1 when the answer is no; 2 for bad input or a failed requirement, with one message. */

/** Errors that are the user's to mend: their message is all they need. */
const explained = new Set([
  'BadInputError',
  'LabStartError',
  'DataFolderError',
  'CorruptLogError',
  'LabRunningError',
  'PortTakenError',
  'NoLabError',
  'UnknownPlaceError',
  'MissingToolError',
  'TargetError',
  'PlaceError',
  'ListenError',
  'ElevationError',
]);

/** An error in words: its message where it is the user's to mend; a mistake of ours with its stack. */
export function explainError(error: unknown): string {
  if (error instanceof Error && explained.has(error.name)) return error.message;
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `unexpected error, please report it:\n${stack}`;
}

/** Prints it as one clear message. Gives the exit code. */
export function reportError(error: unknown): number {
  process.stderr.write(`kube-proxy-lab: ${explainError(error)}\n`);
  return 2;
}
