/** `kube-proxy-lab run`: the engine as the kube-proxy of a node. */
import { hostname } from 'node:os';
import { KubeConfig } from '@kubernetes/client-node';
import type { Dialect } from '../../app/proxy/build-ruleset.ts';
import type { ProxyConfiguration, ProxyMode } from '../../app/proxy/configuration.ts';
import { type RunningProxy, runProxy } from '../run/run-proxy.ts';
import { type OpenTarget, openTarget } from '../targets/open-target.ts';
import { formatTargetSpec, parseTargetSpec, type TargetSpec } from '../targets/target-spec.ts';
import { askedToEnd } from './asked-to-end.ts';
import { BadInputError } from './bad-input-error.ts';
import { Progress } from './progress.ts';
import { readConfigurationFile } from './read-configuration.ts';

export interface RunOptions {
  kubeconfig?: string;
  node?: string;
  target: string;
  config?: string;
  strictConfig?: boolean;
  mode?: ProxyMode;
  dialect: Dialect;
  json?: boolean;
  elevate?: boolean;
  handBack?: boolean;
}

const log = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** Runs until a signal; the rules stay, unless the node is to be handed back. Gives the exit code. */
export async function run(options: RunOptions): Promise<number> {
  const { configuration, warnings } = readConfigurationFile(options.config, { strict: options.strictConfig });
  for (const warning of warnings) log(warning);
  const spec = parseTargetSpec(options.target);
  const mode = proxyMode(options, configuration);
  const kubeConfig = loadKubeConfig(options.kubeconfig ?? (configuration.kubeconfig || undefined));
  const nodeName = options.node ?? (configuration.hostnameOverride || hostname().toLowerCase());
  const target = await openTarget(spec, {
    elevate: options.elevate ?? false,
    ...(options.handBack ? { undo: true } : { keepRules: true }),
  });
  await tellOthers(target);
  const progress = new Progress();
  progress.step(`Listing the cluster, writing the first rules on ${target.name}`);
  const end = askedToEnd();
  const starting = runProxy({
    kubeConfig,
    nodeName,
    target,
    configuration: options.config === undefined ? onLoopback(configuration) : configuration,
    mode,
    dialect: options.dialect,
    version: __VERSION__,
    log,
  });
  // The cluster may be away for long: a signal ends the waiting, too.
  const proxy = await Promise.race([starting, end.then(() => undefined)]).finally(() => progress.done());
  if (proxy) {
    report(proxy, {
      spec,
      nodeName,
      ...(options.json ? { json: true } : {}),
      ...(options.handBack ? { handBack: true } : {}),
    });
    await end;
    await proxy.close();
  }
  await target.close();
  return 0;
}

/**
 * Says to other Kube Proxy Labs that this one writes the node, and to whoever runs it who else does. It goes on: a new
 * kube-proxy of a DaemonSet begins while the one before ends.
 */
async function tellOthers({ attaching, name }: OpenTarget): Promise<void> {
  await attaching.markWriter({ writes: true });
  const { processes, writers } = await attaching.findProxies({});
  const others = [
    ...(processes ?? [])
      .filter(({ embeds }) => !embeds)
      .map(({ program, pid }) => `${program} (process ${pid})`),
    ...writers.map((pid) => `another Kube Proxy Lab (process ${pid})`),
  ];
  if (others.length === 0) return;
  log(
    `${others.join(', ')} writes the rules of ${name}, too: each undoes what the other does; end one of them`,
  );
}

function report(
  { engine, healthz, metrics }: RunningProxy,
  { spec, nodeName, json, handBack }: { spec: TargetSpec; nodeName: string; json?: true; handBack?: true },
): void {
  const target = formatTargetSpec(spec);
  const { mode, dialect, syncLog } = engine;
  if (json) {
    process.stdout.write(`${JSON.stringify({ target, node: nodeName, mode, dialect, healthz, metrics })}\n`);
    return;
  }
  const rules = syncLog.last?.rules ?? 0;
  process.stdout.write(
    [
      `${target} is programmed for node ${nodeName}: ${rules} rules, ${mode} mode, ${dialect} dialect.`,
      ...(healthz ? [`  health   http://${healthz}/healthz`] : []),
      ...(metrics ? [`  metrics  http://${metrics}/metrics`] : []),
      '',
      handBack
        ? 'It ends with Ctrl-C; the node is then as it was before.'
        : `It ends with Ctrl-C; the rules stay. To remove them: kube-proxy-lab cleanup --target ${target}`,
      '',
    ].join('\n'),
  );
}

function proxyMode({ mode }: RunOptions, configuration: ProxyConfiguration): ProxyMode {
  const chosen = mode ?? configuration.mode;
  if (chosen === 'ipvs') {
    throw new BadInputError(
      'mode ipvs is not supported here; choose userspace, iptables or nftables with --mode',
    );
  }
  return chosen;
}

/** Without a configuration of one's own nothing listens but on loopback. */
function onLoopback(configuration: ProxyConfiguration): ProxyConfiguration {
  return { ...configuration, healthzBindAddress: '127.0.0.1:10256' };
}

/** The file that is named, or the cluster that this program runs in. @throws BadInputError */
export function loadKubeConfig(file: string | undefined): KubeConfig {
  const kubeConfig = new KubeConfig();
  try {
    if (file !== undefined) kubeConfig.loadFromFile(file);
    else if (process.env['KUBERNETES_SERVICE_HOST']) kubeConfig.loadFromCluster();
    else kubeConfig.loadFromDefault();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new BadInputError(`the kubeconfig ${file ?? ''} cannot be read: ${why}`.replace('  ', ' '), {
      cause: error,
    });
  }
  if (!kubeConfig.getCurrentCluster()) {
    throw new BadInputError(
      `the kubeconfig ${file ?? ''} has no current context; choose one with: kubectl config use-context NAME`,
    );
  }
  return kubeConfig;
}
