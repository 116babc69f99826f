/** A node whose kube-proxy is another: observed without a trace, and told wrong or right as it is. */
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { VerificationState } from '../../app/contract/verification.ts';
import { readConfiguration } from '../../app/proxy/configuration-reader.ts';
import { Engine } from '../engine/engine.ts';
import { type OpenTarget, openTarget } from '../targets/open-target.ts';
import { DamagedNode } from '../testing/damaged-node.ts';
import { until } from '../testing/lab-under-test.ts';
import { ClusterUnderTest, type RunningProxy } from '../testing/proxy-beside-api.ts';
import { LiveVerification } from './live-verification.ts';

const CONFIGURATION = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';
const READINGS = 200;

describe.runIf(process.getuid?.() === 0).each(['iptables', 'nftables'] as const)(
  'a node in %s mode',
  (mode) => {
    let cluster: ClusterUnderTest;
    let node: DamagedNode;
    let proxy: RunningProxy;
    let target: OpenTarget;
    let engine: Engine;
    let verification: LiveVerification;
    const events: string[] = [];
    let stopListening = (): void => {};

    beforeAll(async () => {
      cluster = await ClusterUnderTest.start();
      await cluster.addServices();
      node = new DamagedNode(cluster.addNamespace(`seen-${mode}`));
      const config = await cluster.writeConfiguration({ syncPeriod: '1h', minSyncPeriod: '10ms' });
      proxy = await cluster.startProxy(node.namespace, { args: ['--config', config, '--mode', mode] });
      stopListening = node.listen((line) => events.push(line));
      target = await openTarget({ kind: 'netns', name: node.namespace });
      const kubeConfig = new KubeConfig();
      kubeConfig.loadFromFile(cluster.server.kubeconfig);
      engine = new Engine({
        kubeConfig,
        nodeName: 'lab-node',
        target,
        configuration: readConfiguration(CONFIGURATION).configuration,
        mode: 'iptables',
        dialect: 'current',
        minSyncIntervalMs: 10,
        way: 'observe',
        log: () => {},
      });
      await engine.start();
      verification = new LiveVerification({ engine, target });
    });

    afterAll(async () => {
      stopListening();
      verification?.close();
      await engine?.stop();
      await target?.close();
      await cluster?.close();
    });

    const state = (why: string, holds: (state: VerificationState) => boolean): Promise<VerificationState> =>
      until(why, () => (holds(verification.state) ? verification.state : undefined));
    /** Makes a change of our own, which nobody else is in doubt about, and gives the number of the ruleset that it made. */
    const nextGeneration = async (): Promise<number> => {
      const begin = events.length;
      node.nft('add', 'table', 'inet', `mark-${begin}`);
      return until('the event', () => {
        const line = events.slice(begin).find((each) => each.startsWith('# new generation'));
        return line === undefined ? undefined : Number(/\d+/.exec(line)?.[0]);
      });
    };

    test('is right, in the mode that its rules are of', async () => {
      const subscription = verification.subscribe();
      await subscription.next();
      const right = await state('a comparison', ({ checkedAt }) => checkedAt !== null);
      expect(right).toMatchObject({ same: true, mode, error: null, findings: [] });
      expect(right.rules).toBeGreaterThan(30);
      await subscription.return?.();
    });

    test('is not written by any number of readings', async () => {
      const before = await nextGeneration();
      const told = events.length;
      const { verbs } = target;
      for (let reading = 0; reading < READINGS; reading++) {
        const family = reading % 2 === 0 ? 'IPv4' : 'IPv6';
        await Promise.all([
          verbs.readIptables({ family, counters: true }),
          verbs.readNftables({ family, counters: true }),
          verbs.readConntrack({ family, most: 100 }),
          verbs.readSysctl({ name: 'net/ipv4/conf/all/route_localnet' }),
        ]);
        if (reading % 20 === 0) await verbs.capabilities({ changesNothing: true });
      }
      await engine.settled();
      expect(events.slice(told)).toEqual([]);
      // The kernel counts every transaction: between the two of ours there was none.
      expect(await nextGeneration()).toBe(before + 1);
    });

    test('a change by hand is found at once, and gone when it is put right', async () => {
      const subscription = verification.subscribe();
      proxy.child.kill('SIGSTOP');
      if (mode === 'iptables') node.deleteRule('nat', /-A KUBE-SEP-.*--to-destination 10\.244\.0\.6:8080/);
      else node.nft('flush', 'map', 'ip', 'kube-proxy', 'service-nodeports');
      const wrong = await state('the finding', ({ findings }) =>
        findings.some(({ service }) => service === 'default/web'),
      );
      expect(wrong).toMatchObject({ same: false, live: true });
      proxy.child.kill('SIGCONT');
      await state('the repair', ({ same }) => same);
      await subscription.return?.();
    });

    test('a stale endpoint is told with the time since when, and waits for who is writing', async () => {
      const subscription = verification.subscribe();
      proxy.child.kill('SIGSTOP');
      const before = Date.now();
      const fewer =
        '{"endpoints":[{"addresses":["10.244.0.5"],"nodeName":"lab-node"},{"addresses":["10.244.0.6"],"nodeName":"lab-node"}]}';
      await cluster.kubectl(['patch', 'endpointslice', 'web-a', '--type', 'merge', '-p', fewer]);
      const isStale = ({ parameters }: VerificationState['findings'][number]): boolean =>
        parameters['endpoint'] === '10.244.0.7:8080';
      const waiting = await state('the stale endpoint', ({ findings }) => findings.some(isStale));
      const [found] = waiting.findings.filter(isStale);
      expect(found).toMatchObject({ kind: 'stale', service: 'default/web', waiting: true });
      expect(found?.goneAt).toBeGreaterThanOrEqual(before);
      await state('the end of waiting', ({ findings }) =>
        findings.some((each) => isStale(each) && !each.waiting),
      );
      proxy.child.kill('SIGCONT');
      await state('the repair', ({ same }) => same);
      await subscription.return?.();
    });

    test('is taken over once its kube-proxy has gone: put right, and left when it is observed again', async () => {
      await proxy.stop();
      await engine.takeOver(mode, 'current');
      const listing = (): string =>
        mode === 'iptables'
          ? node.run(['iptables-save'])
          : node.run(['nft', 'list', 'table', 'ip', 'kube-proxy']);
      await cluster.kubectl([
        'patch',
        'service',
        'web',
        '-p',
        '{"spec":{"ports":[{"port":80,"targetPort":8080,"nodePort":30779}]}}',
      ]);
      await until('the new node port', () => listing().includes('30779') || undefined);
      await engine.observe();
      await cluster.kubectl([
        'patch',
        'service',
        'web',
        '-p',
        '{"spec":{"ports":[{"port":80,"targetPort":8080,"nodePort":30777}]}}',
      ]);
      const subscription = verification.subscribe();
      await state('the difference', ({ findings }) =>
        findings.some(({ service }) => service === 'default/web'),
      );
      expect(listing()).toContain('30779');
      await subscription.return?.();
    });
  },
);
