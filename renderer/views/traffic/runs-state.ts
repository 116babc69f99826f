/** The list of runs under its changes. */
import type { z } from 'zod';
import type { runsChangeSchema, runsStateSchema } from '../../../app/contract/traffic.ts';

export type RunsState = z.infer<typeof runsStateSchema>;
export type RunsChange = z.infer<typeof runsChangeSchema>;

/** A run that is not known yet is the latest, and stands first. */
export function applyRunsChanges({ runs }: RunsState, changes: readonly RunsChange[]): RunsState {
  let next = runs;
  for (const change of changes) {
    if (change.type === 'removed') next = next.filter(({ id }) => id !== change.id);
    else if (next.some(({ id }) => id === change.run.id)) {
      next = next.map((run) => (run.id === change.run.id ? change.run : run));
    } else next = [change.run, ...next];
  }
  return { runs: next };
}
