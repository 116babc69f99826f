/** How a command ends: 0; 1 when the answer is no; 2 for bad input or a failed requirement, with one message. */

/** Errors that are the user's to mend: their message is all they need. */
const explained = new Set([
  'BadInputError',
  'LabStartError',
  'CorruptLogError',
  'LabRunningError',
  'PortTakenError',
  'NoLabError',
  'UnknownPlaceError',
  'MissingToolError',
]);

/** Prints an error as one clear message; a mistake of ours comes with its stack. Gives the exit code. */
export function reportError(error: unknown): number {
  if (error instanceof Error && explained.has(error.name)) {
    process.stderr.write(`kube-proxy-lab: ${error.message}\n`);
    return 2;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`kube-proxy-lab: unexpected error, please report it:\n${stack}\n`);
  return 2;
}
