import type { NodePlace } from '../helper/node-place.ts';
import { CommandError } from '../run-command.ts';

/** Settings below /proc/sys of a node whose files only commands there can reach. */
export function settingsThroughCommands(
  run: NodePlace['run'],
): Pick<NodePlace, 'readSetting' | 'writeSetting'> {
  const isMissing = (error: unknown): boolean =>
    error instanceof CommandError && /No such file/.test(error.stderr);
  return {
    readSetting: async (path) => {
      try {
        return (await run(['cat', `/proc/sys/${path}`])).stdout.trim();
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    writeSetting: async (path, value) => {
      // tee takes the value from its input: no shell, and none of procps' own ideas of dots and slashes.
      await run(['tee', `/proc/sys/${path}`], { input: value }).catch((error: unknown) => {
        if (!isMissing(error)) throw error;
      });
    },
  };
}
