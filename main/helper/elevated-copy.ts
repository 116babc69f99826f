/**
 * The programs that root is to run, where root cannot read them: an AppImage is mounted by FUSE for its user alone,
 * root included among those who are kept out. They are copied to a folder of their own first.
 *
 * Nobody but this user can enter that folder, so that no other user can change between the check and the start what
 * root runs. A program of the same user can; it can as well take the place of the app that asks for the password, and
 * no check of ours would be in its way. The digests are of what was read from the mount: they find a copy that is
 * not whole, or not what was copied any more, before root is asked for.
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { packageFolder, programFile } from '../program-files.ts';

/** What the helper, and the relay that it starts, load; as the package has it. */
const PARTS = ['package.json', 'out/main', 'node_modules/koffi', 'node_modules/@koromix'];
const NODE = 'node';
/** `FUSE_SUPER_MAGIC` of statfs(2). */
const FUSE = 0x65735546;

export interface ElevatedPrograms {
  node: string;
  helper: string;
  /** When they have ended. */
  remove(): void;
}

/** A copy is not what was copied. */
export class CopyError extends Error {
  constructor(path: string, what: string) {
    super(`${path} ${what}: nothing was started`);
    this.name = 'CopyError';
  }
}

/** Where root can read them the programs themselves; else a copy that has been checked. @throws CopyError */
export function elevatedPrograms(): ElevatedPrograms {
  const helper = programFile('helper');
  if (!isOnFuse(process.execPath) && !isOnFuse(helper)) {
    return { node: process.execPath, helper, remove: () => {} };
  }
  return copiedPrograms(packageFolder(), process.execPath);
}

function isOnFuse(path: string): boolean {
  return process.platform === 'linux' && statfsSync(path).type === FUSE;
}

/** @param root laid out as the checkout; @throws CopyError, with nothing left behind */
export function copiedPrograms(root: string, node: string): ElevatedPrograms {
  const folder = mkdtempSync(join(tmpdir(), 'kube-proxy-lab-elevated-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const copy = new CheckedCopy(folder);
    copy.add(node, NODE);
    for (const part of PARTS) copy.add(join(root, part), part);
    copy.check();
    return { node: join(folder, NODE), helper: join(folder, 'out', 'main', 'helper.js'), remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Files in a folder of their own, with the digests of what they were made of. */
export class CheckedCopy {
  readonly #folder: string;
  readonly #digests = new Map<string, string>();

  /** @param folder there, empty, and this user's alone */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** A file, or all files of a folder. A link is refused: what it leads to is not of the package. */
  add(source: string, name: string): void {
    const stats = lstatSync(source);
    if (stats.isDirectory()) {
      for (const entry of readdirSync(source)) this.add(join(source, entry), join(name, entry));
      return;
    }
    if (!stats.isFile()) throw new CopyError(source, 'is neither a file nor a folder');
    const content = readFileSync(source);
    const target = join(this.#folder, name);
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    writeFileSync(target, content, { flag: 'wx', mode: 0o400 });
    if (stats.mode & 0o100) chmodSync(target, 0o500);
    this.#digests.set(name, digest(content));
  }

  /** Reads it all again. @throws CopyError for whatever is not what was copied, or is there beside it */
  check(): void {
    const { uid, mode } = lstatSync(this.#folder);
    if (mode & 0o077) throw new CopyError(this.#folder, 'is open to others');
    if (process.getuid && uid !== process.getuid()) throw new CopyError(this.#folder, 'is not this user’s');
    const left = new Map(this.#digests);
    for (const entry of readdirSync(this.#folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isDirectory()) continue;
      const name = path.slice(this.#folder.length + 1);
      if (!entry.isFile() || left.get(name) !== digest(readFileSync(path))) {
        throw new CopyError(path, 'is not what was copied');
      }
      left.delete(name);
    }
    const [missing] = left.keys();
    if (missing !== undefined) throw new CopyError(join(this.#folder, missing), 'is missing');
  }
}

function digest(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
