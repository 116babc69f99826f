/**
 * The lab's supervisor: the first process of the lab's own pid namespace. It owns the lab's network
 * namespaces, mounts and sockets and does what its parent asks, verb by verb. When its channel closes it
 * ends, and the kernel takes everything in its namespaces away with it.
 */

import { HealthCheckServers } from '../../helper/health-check-servers.ts';
import { namespacePlace } from '../../helper/node-place.ts';
import { nodeVerbHandlers } from '../../helper/node-verbs.ts';
import { channelToParent } from '../../helper/process-channel.ts';
import { RelayProcess } from '../../helper/relay-process.ts';
import { serveVerbs, type VerbHandlers } from '../../helper/verb-channel.ts';
import { mountTmpfs } from '../../namespaces/libc.ts';
import type { NetworkNamespace } from '../../namespaces/network-namespace.ts';
import { createNodeAndClient } from './lab-network.ts';
import { Pods } from './pods.ts';
import { type SupervisorVerbs, supervisorVerbs } from './protocol.ts';

interface World {
  node: NetworkNamespace;
  pods: Pods;
  relay: RelayProcess;
  healthChecks: HealthCheckServers;
  nodeVerbs: ReturnType<typeof nodeVerbHandlers>;
}

let world: World | undefined;

function made(): World {
  if (!world) throw Object.assign(new Error('the lab has no network yet'), { code: 'no-network' });
  return world;
}

async function createNetwork(): Promise<void> {
  // Names of network namespaces, and iptables' lock, in a place that is the lab's alone.
  mountTmpfs('/run');
  const { node } = await createNodeAndClient();
  world = {
    node,
    pods: new Pods(node),
    relay: new RelayProcess(node),
    healthChecks: new HealthCheckServers(node),
    nodeVerbs: nodeVerbHandlers(namespacePlace(node)),
  };
}

const handlers: VerbHandlers<SupervisorVerbs> = {
  createNetwork,
  startPod: (pod) => made().pods.start(pod),
  stopPod: ({ uid }) => made().pods.stop(uid),
  capabilities: (args) => made().nodeVerbs.capabilities(args),
  readIptables: (args) => made().nodeVerbs.readIptables(args),
  writeIptables: (args) => made().nodeVerbs.writeIptables(args),
  readNftables: (args) => made().nodeVerbs.readNftables(args),
  writeNftables: (args) => made().nodeVerbs.writeNftables(args),
  watchRuleset: (args) => made().nodeVerbs.watchRuleset(args),
  createCounters: (args) => made().nodeVerbs.createCounters(args),
  listConntrack: (args) => made().nodeVerbs.listConntrack(args),
  readConntrack: (args) => made().nodeVerbs.readConntrack(args),
  deleteConntrack: (args) => made().nodeVerbs.deleteConntrack(args),
  readSysctl: (args) => made().nodeVerbs.readSysctl(args),
  writeSysctl: (args) => made().nodeVerbs.writeSysctl(args),
  serveServicePorts: (args) => made().relay.serve(args),
  serveHealthChecks: (state) => made().healthChecks.serve(state),
  relayStatistics: () => made().relay.statistics(),
};

// What `ss -p` calls the one who holds the pods' sockets.
process.title = 'lab-pods';

const channel = channelToParent();
channel.onClose(() => process.exit(0));
serveVerbs(channel, supervisorVerbs, handlers);
