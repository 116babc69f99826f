/**
 * Where the lab's programs and the Node that runs them are. Electron's own binary cannot run them: as shipped
 * it refuses to be Node (the RunAsNode fuse), so that nobody starts scripts under our name. The package
 * carries a Node beside them, in a folder laid out like the checkout.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export interface LabProgram {
  /** The Node to run. */
  node: string;
  /** The engine's program. */
  engine: string;
  /** The built interface. */
  renderer: string;
}

/** Throws where the installation is not whole. */
export function findLabProgram(where: {
  packaged: boolean;
  resources: string;
  app: string;
  platform: string;
}): LabProgram {
  const lab = where.packaged ? join(where.resources, 'lab') : where.app;
  const node = join(lab, 'node_modules', 'node', 'bin', where.platform === 'win32' ? 'node.exe' : 'node');
  const engine = join(lab, 'out', 'main', 'engine.js');
  for (const file of [node, engine]) {
    if (!existsSync(file)) throw new Error(`${file} is missing: the installation is not whole`);
  }
  return { node, engine, renderer: join(where.app, 'out', 'renderer') };
}
