import type { LabStatus } from '../../app/contract/lab.ts';
import { runningLabClient } from './lab-mode.ts';

function describeSync(sync: LabStatus['lastSync']): string {
  if (!sync) return 'none yet';
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(sync.at)) / 1000));
  const what = sync.error ? `failed: ${sync.error}` : `${sync.rules} rules, ${sync.lines} lines written`;
  return `${seconds} s ago, ${sync.durationMs} ms, ${what}`;
}

function table(rows: [string, string][]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

/** Prints what the running lab is like. Gives the exit code. */
export async function labStatus(options: { data?: string; json?: boolean }): Promise<number> {
  const status = await runningLabClient(options.data).status();
  if (options.json) {
    process.stdout.write(`${JSON.stringify(status)}\n`);
    return 0;
  }
  const pods = status.pods.map((pod): [string, string] => [
    `pod/${pod.namespace === 'default' ? '' : `${pod.namespace}/`}${pod.name}`,
    `${pod.ip || '(no address yet)'} ${pod.phase}${pod.ready ? '' : ', not ready'}`,
  ]);
  const api = status.api.connected ? 'connected' : `not reached: ${status.api.reason ?? ''}`;
  process.stdout.write(
    `${table([
      ['mode', `${status.mode}, ${status.dialect} dialect`],
      ['node', `${status.node.name} ${status.node.ipv4} ${status.node.ipv6}`],
      ['client', `${status.client.ipv4} ${status.client.ipv6}`],
      ['services', String(status.services)],
      ['load balancer', status.loadBalancer ? 'on' : 'off'],
      ['api', api],
      ['last sync', describeSync(status.lastSync)],
      ['kubeconfig', status.kubeconfig],
      ['ui', status.ui ?? 'none'],
      ['process', String(status.pid)],
      ...pods,
    ])}\n`,
  );
  return 0;
}
