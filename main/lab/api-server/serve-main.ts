/**
 * The lab's API server alone, with pods that run nowhere: for trying clients against it without a lab.
 *
 *     node main/lab/api-server/serve-main.ts DATA_DIR [PORT]
 *
 * Prints one line of JSON when it is ready: `{"url": …, "kubeconfig": …}`. Ends on SIGINT and SIGTERM.
 */
import { argv, exit, stderr, stdout } from 'node:process';
import { addressPlan } from '../../../app/lab/address-plan.ts';
import { startLabApiServer } from './start.ts';

const [, , dataDir, port] = argv;
if (!dataDir) {
  stderr.write('usage: serve-main.ts DATA_DIR [PORT]\n');
  exit(2);
}
const { node, services, pods, nodeName } = addressPlan;
const server = await startLabApiServer({
  dataDir,
  ...(port && { port: Number(port) }),
  serviceCIDRs: [services.ipv4, services.ipv6],
  podCIDRs: [pods.ipv4, pods.ipv6],
  node: { name: nodeName, addresses: [node.ipv4, node.ipv6] },
  podRuntime: { start: async () => {}, stop: async () => {} },
  log: (message) => stderr.write(`${message}\n`),
});
stdout.write(`${JSON.stringify({ url: server.url, kubeconfig: server.kubeconfigPath })}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void server.close().then(() => exit(0)));
}
