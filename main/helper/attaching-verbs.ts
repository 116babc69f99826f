/** What is asked of a node when it is attached: which one it is, and who writes its rules. Read alone, but for the mark. */
import { z } from 'zod';
import { CommandError } from '../run-command.ts';
import type { NodePlace } from './node-place.ts';
import { type Verb, type VerbHandlers, verb } from './verb-channel.ts';
import { otherWriters } from './writer-mark.ts';

/** What tells which node it is; empty where it is not told. */
export interface NodeIdentity {
  readonly hostname: string;
  /** /etc/machine-id, the `machineID` of a Node's status. */
  readonly machineId: string;
  /** Its kernel's release. */
  readonly kernel: string;
  /** Of all its interfaces but loopback. */
  readonly addresses: readonly string[];
}

/** A program that is a kube-proxy, or has one in it. */
export interface ProxyProcess {
  readonly pid: number;
  readonly program: string;
  /** It does other things besides, and nobody says that it is one. */
  readonly embeds: boolean;
}

export interface NodeProxies {
  /** null where the node does not tell its processes. */
  readonly processes: readonly ProxyProcess[] | null;
  /** Process ids of other Kube Proxy Labs that write there, as they know them. */
  readonly writers: readonly number[];
}

export interface AttachingVerbs {
  identify: Verb<Record<string, never>, NodeIdentity>;
  findProxies: Verb<Record<string, never>, NodeProxies>;
  markWriter: Verb<{ writes: boolean }, void>;
}

export const attachingVerbs: AttachingVerbs = {
  identify: verb(z.strictObject({})),
  findProxies: verb(z.strictObject({})),
  /** Says to other Kube Proxy Labs on the node that this one writes it, or does so no more. */
  markWriter: verb(z.strictObject({ writes: z.boolean() })),
};

const MOST_ADDRESSES = 256;
const MOST_PROXIES = 16;

/** @param mark sets the mark, and gives what takes it away; without it the node's network cannot be entered */
export function attachingVerbHandlers(
  place: NodePlace,
  mark?: () => () => void,
): VerbHandlers<AttachingVerbs> {
  let unmark: (() => void) | undefined;
  return {
    identify: async () => ({
      hostname: (await place.readSetting('kernel/hostname')) ?? '',
      kernel: (await place.readSetting('kernel/osrelease')) ?? '',
      machineId: (await read(place, '/etc/machine-id')).trim(),
      addresses: await addressesOf(place),
    }),
    findProxies: async () => ({
      processes: await proxyProcesses(place),
      writers: otherWriters(await read(place, '/proc/net/unix')).slice(0, MOST_PROXIES),
    }),
    markWriter: async ({ writes }) => {
      if (writes) unmark ??= mark?.();
      else {
        unmark?.();
        unmark = undefined;
      }
    },
  };
}

/** Empty for a file that is not there, or may not be read. */
async function read(place: NodePlace, path: string): Promise<string> {
  try {
    return (await place.run(['cat', path])).stdout;
  } catch (error) {
    if (error instanceof CommandError) return '';
    throw error;
  }
}

/** From the kernel's own lists: busybox' `ip` says them otherwise than iproute2's, and some nodes have neither. */
async function addressesOf(place: NodePlace): Promise<string[]> {
  const trie = await read(place, '/proc/net/fib_trie');
  const ipv4 = [...trie.matchAll(/\|-- (\d+\.\d+\.\d+\.\d+)\n\s+\/32 host LOCAL/g)].map(
    ([, address = '']) => address,
  );
  const ipv6 = (await read(place, '/proc/net/if_inet6'))
    .split('\n')
    .map((line) => line.slice(0, 32))
    .filter((digits) => digits.length === 32 && !/^(?:fe80|0{31}1)/.test(digits))
    .map((digits) => digits.replace(/(.{4})(?=.)/g, '$1:'));
  const all = [...ipv4.filter((address) => !address.startsWith('127.')), ...ipv6];
  return [...new Set(all)].slice(0, MOST_ADDRESSES);
}

/** k3s and microk8s (kubelite) have a kube-proxy in their one program, k3s unless it is told otherwise. */
const EMBEDDING: ReadonlySet<string> = new Set(['k3s', 'k3s-server', 'k3s-agent', 'kubelite']);

async function proxyProcesses(place: NodePlace): Promise<ProxyProcess[] | null> {
  try {
    const processes = await place.processes?.();
    if (!processes) return null;
    return processes
      .flatMap(({ pid, name, arguments: words }) => {
        if (name === 'kube-proxy') return { pid, program: name, embeds: false };
        return EMBEDDING.has(name) && !words.includes('--disable-kube-proxy')
          ? { pid, program: name, embeds: true }
          : [];
      })
      .slice(0, MOST_PROXIES);
  } catch (error) {
    if (error instanceof CommandError) return null;
    throw error;
  }
}
