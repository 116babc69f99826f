import type { Dialect } from '../../app/proxy/build-ruleset.ts';
import type { ProxyMode } from '../../app/proxy/configuration.ts';
import { dataFolder } from '../lab/data-folder.ts';
import { type LabHost, startLabHost } from '../lab/host.ts';
import type { OpenShell } from '../shells/shell.ts';
import { askedToEnd } from './asked-to-end.ts';
import { Progress } from './progress.ts';
import { readConfigurationFile } from './read-configuration.ts';

export interface LabUpOptions {
  mode: ProxyMode;
  dialect: Dialect;
  config?: string;
  strictConfig?: boolean;
  data?: string;
  json?: boolean;
  /** Shows the user interface; none without it. */
  openShell?: (folder: string) => OpenShell;
}

const log = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

function introduce(host: LabHost, folder: string, seconds: string): void {
  const data = folder === dataFolder(undefined) ? '' : ` --data ${folder}`;
  const { mode, dialect, node, client, ui } = host.status();
  process.stdout.write(
    [
      `The lab is up (${seconds} s): ${node.name} ${node.ipv4}, client ${client.ipv4}, ${mode} mode, ${dialect} dialect.`,
      ...(ui === null ? [] : ['', `  ${ui}`]),
      '',
      `  export KUBECONFIG=${host.kubeconfigPath}`,
      '  kubectl apply -f resources/templates/mysql.yaml       # a NodePort Service and its two pods',
      `  npx kube-proxy-lab probe --from client mysql-service/nodePort -n 20${data}`,
      `  npx kube-proxy-lab lab exec node${data} -- iptables-save -t nat`,
      `  npx kube-proxy-lab lab mode userspace${data}`,
      '',
      'It ends with Ctrl-C; its objects are there again at the next start.',
      '',
    ].join('\n'),
  );
}

/** Runs the lab until a signal. Gives the exit code. */
export async function labUp(options: LabUpOptions): Promise<number> {
  const { configuration, warnings } = readConfigurationFile(options.config, { strict: options.strictConfig });
  for (const warning of warnings) log(warning);
  const folder = dataFolder(options.data);
  const progress = new Progress();
  const end = askedToEnd();
  const starting = startLabHost({
    dataDir: folder,
    mode: options.mode,
    dialect: options.dialect,
    configuration,
    log,
    progress: (what) => progress.step(what),
    ...(options.openShell ? { openShell: options.openShell(folder) } : {}),
  });
  // Asked to end before it is up: it is brought up and down again, so that nothing half-done stays.
  const host = await starting.finally(() => progress.done());
  if (options.json) {
    const { ui, kubeconfig, node } = host.status();
    process.stdout.write(`${JSON.stringify({ ui, kubeconfig, nodeIP: node.ipv4 })}\n`);
  } else introduce(host, folder, progress.seconds);
  const reason = await Promise.race([end.then(() => undefined), host.ended]);
  await host.close();
  if (reason === undefined) return 0;
  log(`kube-proxy-lab: ${reason}; the lab is over. Its objects are kept: start it again.`);
  return 1;
}
