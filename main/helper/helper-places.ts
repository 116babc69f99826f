import { join } from 'node:path';
import { dataFolder } from '../lab/data-folder.ts';

/** Where the helper keeps what it must remember. Root's places are fixed, so that nobody who asks it can choose. */
export function helperPlaces(): { journal: string; audit: string } {
  if (process.getuid?.() !== 0) {
    // A helper of the user's own, for nodes that are the user's: containers.
    const own = join(dataFolder(undefined), 'helper');
    return { journal: join(own, 'journal'), audit: join(own, 'audit.log') };
  }
  const isLinux = process.platform === 'linux';
  return {
    // Gone with a restart of the machine, as the rules are.
    journal: isLinux ? '/run/kube-proxy-lab/journal' : '/var/run/kube-proxy-lab/journal',
    audit: '/var/log/kube-proxy-lab-helper.log',
  };
}
