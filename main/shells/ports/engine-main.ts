/**
 * The lab as a process of its own under Electron: its parent speaks to it over their channel, carries the
 * pages' ports on it, and ends it by closing it.
 */
import { parseArgs } from 'node:util';
import { RPCHandler } from '@orpc/server/message-port';
import { RequestHeadersPlugin } from '@orpc/server/plugins';
import '../../requirements/system-path.ts';
import { explainError } from '../../command/exit.ts';
import { readConfigurationFile } from '../../command/read-configuration.ts';
import { dataFolder } from '../../lab/data-folder.ts';
import { type LabHost, startLabHost } from '../../lab/host.ts';
import { sessionRouter } from '../../session/router/session-router.ts';
import type { SessionContext } from '../../session/session-context.ts';
import type { OpenShell } from '../shell.ts';
import { OpenCalls } from '../web/open-calls.ts';
import { EnginePorts } from './engine-ports.ts';
import { type FromEngine, toEngineSchema } from './port-messages.ts';

function tell(message: FromEngine): void {
  // A parent that has gone hears nothing; its going ends us.
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

/** Answers the contract on every port that the parent opens, those included that it opened already. */
const openPorts: OpenShell = async (context) => {
  const handler = new RPCHandler<SessionContext & { calls: OpenCalls }>(sessionRouter, {
    plugins: [new RequestHeadersPlugin()],
    rootInterceptors: [({ context: { calls }, next }) => calls.count(next)],
  });
  const ports = new EnginePorts({
    send: tell,
    answer: (port) => handler.upgrade(port, { context: { ...context, calls: new OpenCalls() } }),
  });
  process.on('message', (message) => ports.take(toEngineSchema.parse(message)));
  return { url: null, close: async () => {} };
};

function startLab(folder: string): Promise<LabHost> {
  return startLabHost({
    dataDir: folder,
    mode: 'iptables',
    dialect: 'current',
    configuration: readConfigurationFile(undefined).configuration,
    log: (line) => process.stderr.write(`${line}\n`),
    progress: (what) => tell({ type: 'progress', what }),
    openShell: openPorts,
  });
}

const parentGone = new Promise<void>((resolve) => process.once('disconnect', resolve));
const { values } = parseArgs({ options: { data: { type: 'string' } } });

try {
  const host = await startLab(dataFolder(values.data));
  tell({ type: 'ready', kubeconfig: host.kubeconfigPath, nodeIP: host.nodeIP });
  const reason = await Promise.race([parentGone, host.ended]);
  if (reason !== undefined) process.stderr.write(`kube-proxy-lab: ${reason}\n`);
  await host.close();
  process.exitCode = reason === undefined ? 0 : 1;
} catch (error) {
  tell({ type: 'failed', message: explainError(error) });
  process.exitCode = 2;
}
// The parent holds the channel, and this process with it, until it has read what was said last.
if (process.connected) process.disconnect();
