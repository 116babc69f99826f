/**
 * Checks that the system has the programs this project calls. As root, what is missing is installed through
 * apt; otherwise the one command to type is printed, and the way goes on: what works without them works.
 *
 * `--tests`: those of the tests, too.
 */
import { spawnSync } from 'node:child_process';
import '../main/requirements/system-path.ts';
import { installCommand, isInstalled, missingTools, packagesOf } from '../main/requirements/tools.ts';

function apt(...args: string[]): boolean {
  const { status } = spawnSync('apt-get', ['-qq', ...args], {
    stdio: ['ignore', 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return status === 0;
}

const tests = process.argv.includes('--tests');
const missing = missingTools({ tests });
if (missing.length > 0 && process.platform === 'linux') {
  const packages = packagesOf(missing);
  if (process.getuid?.() === 0 && isInstalled('apt-get')) {
    process.stderr.write(`Installing ${packages.join(', ')}…\n`);
    const install = ['install', '-y', '--no-install-recommends', ...packages];
    // An old list, or none, names packages that are not there any more.
    if (!apt(...install)) {
      apt('update');
      apt(...install);
    }
  }
  const left = missingTools({ tests });
  if (left.length > 0) {
    process.stderr.write('Missing on this machine:\n');
    for (const { command, neededFor } of left) process.stderr.write(`  ${command}: ${neededFor}\n`);
    process.stderr.write(`To install:\n  ${installCommand(left)}\n`);
  }
}
