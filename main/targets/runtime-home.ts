/** Where a container runtime keeps its containers' networks: on this kernel, or out of this computer's reach. */
import { hostname } from 'node:os';
import { z } from 'zod';
import { runCommand } from '../run-command.ts';
import type { ContainerRuntime } from './target-spec.ts';

export type RuntimeHome = 'this kernel' | 'rootless' | 'virtual machine' | 'another computer';

const INFO_TIMEOUT_MS = 10_000;

/** docker's, and nerdctl's after it. */
const dockerInfoSchema = z.object({
  Name: z.string().optional(),
  OperatingSystem: z.string().optional(),
  SecurityOptions: z.array(z.string()).nullish(),
});

const podmanInfoSchema = z.object({
  host: z.object({
    hostname: z.string().optional(),
    serviceIsRemote: z.boolean().optional(),
    security: z.object({ rootless: z.boolean().optional() }).optional(),
  }),
});

/**
 * As the runtime's `info` has it. A daemon under another host name is on another computer, where it is not Docker
 * Desktop's, whose machine is called so everywhere. Rejects with CommandError where it does not answer.
 */
export async function runtimeHome(runtime: ContainerRuntime): Promise<RuntimeHome> {
  const format = runtime === 'podman' ? 'json' : '{{json .}}';
  const { stdout } = await runCommand([runtime, 'info', '--format', format], { timeoutMs: INFO_TIMEOUT_MS });
  const info: unknown = JSON.parse(stdout);
  return runtime === 'podman' ? podmanHome(info) : dockerHome(info);
}

function dockerHome(info: unknown): RuntimeHome {
  const {
    Name: name,
    OperatingSystem: system = '',
    SecurityOptions: security,
  } = dockerInfoSchema.parse(info);
  if (system.startsWith('Docker Desktop')) return 'virtual machine';
  // Linux containers of other systems live in a machine, whoever made that (colima, Rancher Desktop).
  if (process.platform !== 'linux') return 'virtual machine';
  if (security?.some((option) => /(^|,)name=rootless(,|$)/.test(option))) return 'rootless';
  return name === undefined || name === hostname() ? 'this kernel' : 'another computer';
}

function podmanHome(info: unknown): RuntimeHome {
  const { hostname: name, serviceIsRemote, security } = podmanInfoSchema.parse(info).host;
  if (process.platform !== 'linux') return 'virtual machine';
  if (serviceIsRemote && name !== undefined && name !== hostname()) return 'another computer';
  return security?.rootless ? 'rootless' : 'this kernel';
}
