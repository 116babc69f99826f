/** minikube's profiles, from the files that it keeps of them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { z } from 'zod';

const configSchema = z.object({
  /** `docker`, `podman`, `kvm2`, `virtualbox`, `qemu2`, `vfkit`, `none`… */
  Driver: z.string().optional(),
  /** Of qemu2 and vfkit: `builtin` and `user` are QEMU's own stack. */
  Network: z.string().optional(),
});

export interface MinikubeProfile {
  readonly driver: string;
  readonly network: string;
}

export interface MinikubeHomeOptions {
  environment?: Readonly<Record<string, string | undefined>>;
  home?: string;
}

/** The folder with a folder for each profile, whether it is there or not. */
export function minikubeProfilesFolder({
  environment = process.env,
  home = homedir(),
}: MinikubeHomeOptions = {}): string {
  const named = environment['MINIKUBE_HOME'];
  if (!named) return join(home, '.minikube', 'profiles');
  // minikube adds the folder's name, unless the variable ends in it; its older ones did not.
  const own = basename(named) === '.minikube' ? named : join(named, '.minikube');
  return join(existsSync(join(own, 'profiles')) ? own : named, 'profiles');
}

/** The profiles that were started once: those have a config.json. */
export function minikubeProfilesIn(folder: string): Set<string> {
  try {
    return new Set(readdirSync(folder).filter((name) => existsSync(join(folder, name, 'config.json'))));
  } catch {
    return new Set();
  }
}

/** What a profile was started with; undefined where it has no file, or none that is understood. */
export function readMinikubeProfile(
  name: string,
  folder = minikubeProfilesFolder(),
): MinikubeProfile | undefined {
  // Looked up among the folder's entries: a context's name becomes no path.
  if (!minikubeProfilesIn(folder).has(name)) return undefined;
  try {
    const config = configSchema.parse(JSON.parse(readFileSync(join(folder, name, 'config.json'), 'utf8')));
    return { driver: config.Driver ?? '', network: config.Network ?? '' };
  } catch {
    return undefined;
  }
}
