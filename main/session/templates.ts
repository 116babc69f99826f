/** The manifests in `resources/templates`, to begin with. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Template } from '../../app/contract/services.ts';
import { readManifest } from '../../app/kubernetes/manifest.ts';

/** The design document's two, in its order; then from the plainest on, those to be mended last. */
const ORDER = [
  'mysql',
  'ssh',
  'web',
  'several-ports',
  'dual-stack',
  'udp-dns',
  'session-affinity',
  'local-policy',
  'load-balancer',
  'headless',
  'without-selector',
  'wrong-target-port',
  'wrong-selector',
];

export function readTemplates(folder: string): Template[] {
  const rank = (id: string): number => (ORDER.includes(id) ? ORDER.indexOf(id) : ORDER.length);
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
