import { ORPCError } from '@orpc/client';
import type { LabStatus } from '../../app/contract/lab.ts';
import type { Dialect } from '../../app/proxy/build-ruleset.ts';
import type { ProxyMode } from '../../app/proxy/configuration.ts';
import { dataFolder } from '../lab/data-folder.ts';
import { findRunningLab } from '../lab/running-lab.ts';
import { type ControlClient, controlClient } from '../shells/control/control-client.ts';
import { BadInputError } from './bad-input-error.ts';

/** The running lab of a data folder. Throws NoLabError. */
export function runningLabClient(data: string | undefined): ControlClient {
  return controlClient(findRunningLab(dataFolder(data)).ready.control);
}

/** Switches the mode; says how long it took and how many rules there are. Gives the exit code. */
export async function labMode(options: { mode: string; dialect?: Dialect; data?: string }): Promise<number> {
  const startedAt = performance.now();
  let status: LabStatus;
  try {
    status = await runningLabClient(options.data).setMode({
      mode: options.mode as ProxyMode,
      ...(options.dialect ? { dialect: options.dialect } : {}),
    });
  } catch (error) {
    if (error instanceof ORPCError && error.code === 'UNSUPPORTED') {
      throw new BadInputError(`the lab stays as it was: ${error.message}`);
    }
    throw error;
  }
  const took = Math.round(performance.now() - startedAt);
  const { mode, dialect, lastSync } = status;
  process.stdout.write(`${mode} mode, ${dialect} dialect: ${lastSync?.rules ?? 0} rules, after ${took} ms\n`);
  for (const warning of lastSync?.warnings ?? []) process.stderr.write(`${warning}\n`);
  return 0;
}

/** Switches the lab's load balancer on or off. Gives the exit code. */
export async function labLoadBalancer(options: { enabled: boolean; data?: string }): Promise<number> {
  const status = await runningLabClient(options.data).setLoadBalancer({ enabled: options.enabled });
  process.stdout.write(`the lab's load balancer is ${status.loadBalancer ? 'on' : 'off'}\n`);
  return 0;
}
