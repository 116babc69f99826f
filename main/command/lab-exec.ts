import { accessSync, constants } from 'node:fs';
import { delimiter } from 'node:path';
import { dataFolder } from '../lab/data-folder.ts';
import { checkPlace, inPlace, placeNamespaceName, runInForeground } from '../lab/place.ts';
import { findRunningLab } from '../lab/running-lab.ts';
import { pretendOneUser } from '../namespaces/one-user-filter.ts';

/** Runs a command in a place of the running lab, on this terminal. Gives the command's exit code. */
export async function labExec(options: { place: string; command: string[]; data?: string }): Promise<number> {
  // Words that can never be a place are told before a lab is asked for.
  placeNamespaceName(options.place);
  const lab = findRunningLab(dataFolder(options.data));
  checkPlace(lab.ready.supervisorPid, options.place);
  leaveOutClosedFolders();
  const argv = inPlace(lab.ready.supervisorPid, options.place, options.command);
  if (process.getuid?.() !== 0) pretendOneUser();
  return runInForeground(argv);
}

/**
 * Of the folders that commands are looked for in, those that this user may not search (another's, after `su`): exec
 * takes a command that is in none of the others for one that may not be run (126, not 127).
 */
function leaveOutClosedFolders(): void {
  const folders = process.env['PATH']?.split(delimiter) ?? [];
  process.env['PATH'] = folders.filter((folder) => !isClosed(folder)).join(delimiter);
}

function isClosed(folder: string): boolean {
  try {
    accessSync(folder, constants.X_OK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES';
  }
}
