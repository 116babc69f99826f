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
  const argv = inPlace(lab.ready.supervisorPid, options.place, options.command);
  if (process.getuid?.() !== 0) pretendOneUser();
  return runInForeground(argv);
}
