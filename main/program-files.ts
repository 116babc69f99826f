import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type Program = 'command' | 'supervisor' | 'relay' | 'prober' | 'forwarder' | 'helper';

/** `out/main` when bundled; the checkout when run from its sources (tests). */
const here = dirname(fileURLToPath(import.meta.url));

/** The folder of our package.json: the checkout, or its likeness in a package. */
export function packageFolder(): string {
  let folder = here;
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no package.json above ${here}: the installation is not whole`);
    folder = parent;
  }
  return folder;
}

/** The bundled file of one of our programs. Throws where it was not built. */
export function programFile(program: Program): string {
  const file = join(packageFolder(), 'out', 'main', `${program}.js`);
  if (!existsSync(file)) throw new Error(`${file} is missing: run \`npm run build\``);
  return file;
}

/** A folder of `resources/`. */
export function resourceFolder(name: 'templates'): string {
  return join(packageFolder(), 'resources', name);
}

/** Where the built user interface is. */
export function rendererFolder(): string {
  return join(packageFolder(), 'out', 'renderer');
}
