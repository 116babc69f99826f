import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type Program = 'command' | 'supervisor' | 'relay' | 'prober';

/** `out/main` when bundled; the checkout when run from its sources (tests). */
const here = dirname(fileURLToPath(import.meta.url));

function outFolder(): string {
  let folder = here;
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no package.json above ${here}: the installation is not whole`);
    folder = parent;
  }
  return join(folder, 'out', 'main');
}

/** The bundled file of one of our programs. Throws where it was not built. */
export function programFile(program: Program): string {
  const file = join(outFolder(), `${program}.js`);
  if (!existsSync(file)) throw new Error(`${file} is missing: run \`npm run build\``);
  return file;
}
