/** Kubeconfig files that a person gives to the window: read here, sent as text. */
import type { Session } from '../session/session.svelte.ts';

const mostBytes = 1024 * 1024;

export interface DropWords {
  /** `{ name }` is larger than a kubeconfig ever is. */
  tooLarge: (name: string) => string;
  added: (name: string, count: number) => string;
}

/** Adds each file; says of each how that went. Resolves with the ids of the clusters that are new. */
export async function addKubeconfigs(
  session: Session,
  files: Iterable<File>,
  words: DropWords,
): Promise<string[]> {
  const found: string[] = [];
  for (const file of files) {
    if (file.size > mostBytes) {
      session.toasts.error(words.tooLarge(file.name));
      continue;
    }
    const text = await file.text();
    const added = await session.attempt(() =>
      session.client.clusters.addKubeconfig({ name: file.name, text }),
    );
    if (!added) continue;
    session.toasts.success(words.added(file.name, added.clusters.length));
    found.push(...added.clusters);
  }
  return found;
}
