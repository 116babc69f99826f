/** A folder with a `kind` to put before the PATH. */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface KindTrouble {
  how?: 'no-image' | 'killed' | 'deaf' | 'no-daemon' | 'undeletable';
  /** How long it takes in the middle. */
  milliseconds?: number;
}

export class KindStandIn implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'kpl-kind-'));

  constructor() {
    const program = join(this.folder, 'kind-main.ts');
    copyFileSync(join(import.meta.dirname, 'kind-main.ts'), program);
    const script = `#!/bin/sh\nexec '${process.execPath}' '${program}' '${this.folder}' "$@"\n`;
    writeFileSync(join(this.folder, 'kind'), script, { mode: 0o755 });
  }

  /** The clusters that there are from now on. */
  set clusters(names: readonly string[]) {
    writeFileSync(join(this.folder, 'clusters.json'), JSON.stringify(names));
  }

  get clusters(): readonly string[] {
    const path = join(this.folder, 'clusters.json');
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as string[]) : [];
  }

  trouble(trouble: KindTrouble): void {
    writeFileSync(join(this.folder, 'trouble.json'), JSON.stringify(trouble));
  }

  /** What it was asked, word for word. */
  asked(): string[][] {
    return this.#lines('asked.jsonl') as string[][];
  }

  /** The configurations that it was given. */
  configurations(): string[] {
    return this.#lines('configs.jsonl') as string[];
  }

  #lines(name: string): unknown[] {
    const path = join(this.folder, name);
    if (!existsSync(path)) return [];
    return readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as unknown);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
