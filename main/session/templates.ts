/** The manifests in `resources/templates`, to begin with. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Template } from '../../app/contract/services.ts';
import { readManifest } from '../../app/kubernetes/manifest.ts';

/** The design document's two come first, in its order; the others by name. */
const FIRST = ['mysql', 'ssh'];

export function readTemplates(folder: string): Template[] {
  const rank = (id: string): number => (FIRST.includes(id) ? FIRST.indexOf(id) : FIRST.length);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name): Template => {
      const text = readFileSync(join(folder, name), 'utf8');
      const objects = readManifest(text, name).map(({ object }) => ({
        kind: object.kind ?? '',
        name: object.metadata?.name ?? '',
      }));
      return { id: basename(name, '.yaml'), text, objects };
    })
    .sort((left, right) => rank(left.id) - rank(right.id) || left.id.localeCompare(right.id));
}
