/**
 * Notices when files change, come or go, wherever they are: written in place, replaced by a rename, reached through
 * symbolic links, in a folder that is not there yet.
 */
import { existsSync, type FSWatcher, lstatSync, readlinkSync, watch } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';

/** A writer's several steps are one change. */
const SETTLE_MS = 50;
const MOST_LINKS = 16;

export class FileWatch {
  readonly #changed: () => void;
  readonly #watchers = new Map<string, FSWatcher>();
  #paths: readonly string[] = [];
  #names = new Map<string, Set<string>>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param changed something has happened to one of the files; they are to be read again */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Watches these paths and no others; the name `*` is any in its folder. */
  watch(paths: readonly string[]): void {
    this.#paths = paths;
    this.#arrange();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #arrange(): void {
    this.#names = new Map();
    for (const path of this.#paths) this.#add(path);
    for (const [folder, watcher] of this.#watchers) {
      if (this.#names.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of this.#names.keys()) if (!this.#watchers.has(folder)) this.#watchFolder(folder);
  }

  /** Every folder on the way in which a change would make the path lead elsewhere. */
  #add(path: string): void {
    let at = path;
    for (let links = 0; links < MOST_LINKS; links++) {
      this.#note(at);
      this.#addLinkedFolders(at);
      const target = linkTarget(at);
      if (target === undefined) return;
      at = target;
    }
  }

  #addLinkedFolders(path: string): void {
    for (let folder = dirname(path); dirname(folder) !== folder; folder = dirname(folder)) {
      if (linkTarget(folder) !== undefined) this.#note(folder);
    }
  }

  /** The name in its folder; where that is not there, the folder that will be first made in the nearest that is. */
  #note(path: string): void {
    let name = basename(path);
    let folder = dirname(path);
    while (!existsSync(folder) && dirname(folder) !== folder) {
      name = basename(folder);
      folder = dirname(folder);
    }
    const names = this.#names.get(folder) ?? new Set();
    this.#names.set(folder, names.add(name));
  }

  #watchFolder(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        const names = this.#names.get(folder);
        if (name === null || names?.has(name) || names?.has('*')) this.#soon();
      });
      watcher.on('error', () => this.#lost(folder));
      this.#watchers.set(folder, watcher);
    } catch {
      // It went between the look and the watch, or may not be read: its parents tell when that changes.
    }
  }

  #lost(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
    this.#soon();
  }

  #soon(): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#arrange();
      this.#changed();
    }, SETTLE_MS);
  }
}

function linkTarget(path: string): string | undefined {
  try {
    if (!lstatSync(path).isSymbolicLink()) return undefined;
    const target = readlinkSync(path);
    return isAbsolute(target) ? target : join(dirname(path), target);
  } catch {
    return undefined;
  }
}
