import { BadInputError } from './bad-input-error.ts';
import { labUp } from './lab-up.ts';

export interface StartOptions {
  web?: boolean;
  host: string;
  port?: number;
  open: boolean;
  data?: string;
  json?: boolean;
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/;

/** Opens the app; until it has a window, runs the lab in the foreground. Gives the exit code. */
export async function start(options: StartOptions): Promise<number> {
  if (!LOOPBACK.test(options.host)) {
    throw new BadInputError(`--host ${options.host} is not a loopback address: nothing listens elsewhere`);
  }
  return labUp({
    mode: 'iptables',
    dialect: 'current',
    ...(options.data === undefined ? {} : { data: options.data }),
    ...(options.json === undefined ? {} : { json: options.json }),
  });
}
