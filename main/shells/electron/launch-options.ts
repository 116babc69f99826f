/** What the app was started with: our own options among Chromium's switches. */
import { parseArgs } from 'node:util';
import { dataFolder } from '../../lab/data-folder.ts';

export interface LaunchOptions {
  /** Absolute. */
  dataDir: string;
  /** Print one line of JSON when the lab is up. */
  json: boolean;
}

/** `args` are those after the program and, when not packaged, the app's folder. */
export function parseLaunchOptions(args: string[]): LaunchOptions {
  const { values } = parseArgs({
    args,
    options: { data: { type: 'string' }, json: { type: 'boolean' } },
    // Chromium's switches (--no-sandbox, --enable-features=…) stand among them, and are not ours to judge.
    strict: false,
    allowPositionals: true,
  });
  return {
    dataDir: dataFolder(typeof values.data === 'string' ? values.data : undefined),
    json: values.json === true,
  };
}
