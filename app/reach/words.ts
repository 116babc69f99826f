/** What `Way`s say to people, in English; the window has its own words for the same codes. */
import type { Way, WayReason } from './ways.ts';

const WORDS: Record<WayReason, string> = {
  published: 'the container runtime leads this port of the computer to the node',
  'not-published': 'no port of this computer is led to the node port, which lives in a container',
  'published-for-another-protocol': 'a port of this computer is led to it, for another protocol',
  'bridge-of-this-kernel': "the node's address is on a bridge of this computer",
  'bridge-in-virtual-machine':
    "the node's address is inside the virtual machine of the container runtime (Docker Desktop, podman machine, WSL), not on this computer",
  'bridge-of-rootless-runtime':
    "the node's address is in a network of the rootless runtime's own, which this computer does not reach",
  'bridge-of-another-computer': 'the container runtime is on another computer',
  'machine-address': "the node's machine has an address that this computer reaches",
  'user-networking': "QEMU's built-in network lets nobody in; socket_vmnet or a tunnel does",
  'own-address': 'the node is this computer',
  'unknown-route': 'whether this address is reached from here is for the network between to say',
  'loopback-is-not-the-node': 'localhost is this computer, and the node port is opened by the node',
  'node-address': "the node's own address is reached from there",
  'tunnel-command': 'the command holds a tunnel open as long as it runs, and prints its address',
  'forward-past-kube-proxy':
    "the command leads to one pod, past kube-proxy's rules: it says nothing about the node port",
  'tunnel-carries-tcp-alone': 'the tunnel of this command carries TCP alone',
  'rules-of-the-nodes': "a cluster IP exists in the nodes' rules alone",
  'passes-the-rules': "a pod's packets pass the node's rules",
  'own-rules': 'the node, whose rules have the address, is this computer',
  'same-network': 'the address is of a network that this computer is in',
};

/** One line: `127.0.0.1:8080 from this computer: yes, …`. */
export function wayInWords({ from, works, reason, address, port, command }: Way): string {
  const host = address?.includes(':') ? `[${address}]` : address;
  const what = command ? `\`${command.join(' ')}\`` : host === undefined ? 'localhost' : `${host}:${port}`;
  return `${what} from ${from === 'pod' ? 'a pod' : from === 'container network' ? 'a container beside the node' : from}: ${works}, ${WORDS[reason]}`;
}
