/** Whom a test runs a program as: root, where we are, and an ordinary user. */
import { chmodSync, cpSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Debian's `nobody`: no home, no rights, not even a group of its own. */
const NOBODY = 65534;
const OTHERS_MAY_PASS = 0o001;

export interface TestUser {
  name: 'root' | 'an ordinary user';
  uid: number;
  /** Put before a command, makes it that user's. */
  prefix: string[];
}

const ownUid = process.getuid?.() ?? 0;

const nobody: TestUser = {
  name: 'an ordinary user',
  uid: NOBODY,
  prefix: ['setpriv', '--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups', '--'],
};

/** Root can be both; an ordinary user is one already. */
export const testUsers: TestUser[] =
  ownUid === 0
    ? [{ name: 'root', uid: 0, prefix: [] }, nobody]
    : [{ name: 'an ordinary user', uid: ownUid, prefix: [] }];

const checkout = join(import.meta.dirname, '..', '..');
/** What the built program needs of a checkout. */
const PARTS = [
  'package.json',
  'bin',
  'out',
  'resources',
  'node_modules/node',
  'node_modules/koffi',
  'node_modules/@koromix',
];

function isOpenToOthers(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if ((statSync(at).mode & OTHERS_MAY_PASS) === 0) return false;
    if (dirname(at) === at) return true;
  }
}

let copy: string | undefined;

/**
 * A folder with the built program that the user can run: the checkout, or a copy of what it needs where the
 * checkout lies in a folder closed to others.
 */
export function installationFor(user: TestUser): string {
  if (user.uid === ownUid || isOpenToOthers(checkout)) return checkout;
  if (!copy) {
    copy = mkdtempSync(join(tmpdir(), 'kube-proxy-lab-'));
    chmodSync(copy, 0o755);
    for (const part of PARTS) {
      cpSync(join(checkout, part), join(copy, part), { recursive: true, dereference: true });
    }
  }
  return copy;
}

/** Takes the copy away, where one was made. */
export function removeInstallation(): void {
  if (copy) rmSync(copy, { recursive: true, force: true });
  copy = undefined;
}
