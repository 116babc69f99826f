/** The programs that run on a node, as far as they are in its network namespace. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { NetworkNamespace } from '../namespaces/network-namespace.ts';
import type { NodePlace } from './node-place.ts';

export interface NodeProcess {
  readonly pid: number;
  /** As the kernel calls it: 15 characters at most. */
  readonly name: string;
  /** Its arguments with blanks between them; empty where they are not told. */
  readonly arguments: string;
}

/** Of this machine, in that namespace, in whichever pid namespace they are. */
export function processesIn(within?: NetworkNamespace): NodeProcess[] {
  const link = (): string => readlinkSync('/proc/thread-self/ns/net');
  const network = within ? within.run(link) : link();
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        if (readlinkSync(`/proc/${pid}/ns/net`) !== network) return [];
        const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd();
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
        return { pid: Number(pid), name, arguments: words };
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });
}

/** Through commands: procps' ps and busybox' alike know these columns. */
export async function processesThroughCommands(run: NodePlace['run']): Promise<NodeProcess[]> {
  const { stdout } = await run(['ps', '-e', '-o', 'pid,comm,args']);
  return stdout.split('\n').flatMap((line) => {
    const [, pid, name, words = ''] = /^\s*(\d+)\s+(\S+)\s*(.*)$/.exec(line) ?? [];
    return pid === undefined || name === undefined ? [] : { pid: Number(pid), name, arguments: words };
  });
}
