/**
 * A second cluster that is not the embedded lab, worked from the window: an API server of its own, a network namespace as
 * its node, and a kube-proxy that writes it. Attached, observed, verified, taken over, handed back, left again.
 */
import { readFileSync } from 'node:fs';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DamagedNode } from '../../testing/damaged-node.ts';
import { until } from '../../testing/lab-under-test.ts';
import { LabWindow } from '../../testing/lab-window.ts';
import { ClusterUnderTest, type RunningProxy } from '../../testing/proxy-beside-api.ts';
import { launchChromium, startWebLab, type WebLab } from '../../testing/web-lab.ts';

const CONTEXT = 'second';

describe.runIf(process.getuid?.() === 0)('the node of a second cluster', () => {
  let cluster: ClusterUnderTest;
  let node: DamagedNode;
  let proxy: RunningProxy;
  let lab: WebLab;
  let browser: Browser;
  let window: LabWindow;
  let before: string;

  beforeAll(async () => {
    cluster = await ClusterUnderTest.start();
    await cluster.addServices();
    node = new DamagedNode(cluster.addNamespace('window'));
    for (const args of [
      ['link', 'set', 'lo', 'up'],
      ['addr', 'add', '10.0.0.5/24', 'dev', 'lo'],
    ]) {
      node.run(['ip', ...args]);
    }
    const config = await cluster.writeConfiguration({ syncPeriod: '1h', minSyncPeriod: '10ms' });
    proxy = await cluster.startProxy(node.namespace, { args: ['--config', config, '--mode', 'iptables'] });
    lab = await startWebLab();
    browser = await launchChromium();
    window = new LabWindow(await browser.newPage({ viewport: { width: 1280, height: 800 } }));
    await window.page.goto(lab.url);
    await window.ready();
    await window.skipTour();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await lab?.stop();
    await cluster?.close();
  });

  const bar = (): Locator => window.main.getByRole('region', { name: 'The attached node' });
  const rulesOf = (): string =>
    `${node.run(['iptables-save'])}${node.run(['nft', 'list', 'tables'])}`
      .replace(/^#.*\n/gm, '')
      .replace(/\[\d+:\d+\]/g, '[0:0]')
      .split('\n')
      .sort()
      .join('\n');

  async function choose(name: string): Promise<void> {
    await window.page.keyboard.press('c');
    const dialog = window.page.getByRole('dialog', { name: 'Clusters' });
    await dialog.getByRole('button', { name: new RegExp(`^${name}`) }).click();
    await dialog.waitFor({ state: 'detached' });
    await window.page.getByRole('contentinfo').getByText(name, { exact: true }).waitFor();
  }

  test('is offered once the cluster is chosen, and attached to be observed', async () => {
    const config = JSON.parse(readFileSync(cluster.server.kubeconfig, 'utf8'));
    const contexts = [{ ...config.contexts[0], name: CONTEXT }];
    const text = JSON.stringify({ ...config, contexts, 'current-context': CONTEXT });
    await lab.client.clusters.addKubeconfig({ name: 'second', text });
    await choose(CONTEXT);
    await window.row('guarded').waitFor();
    await window.show('Rules');
    await window.main.getByRole('button', { name: 'Attach a node…' }).click();
    await window.main.getByRole('button', { name: `Observe ${node.namespace}` }).click();
    await bar().getByText('Observed', { exact: true }).waitFor();
    expect(await window.main.getByText("This may not be the cluster's node").count()).toBe(0);
    expect(await window.main.getByRole('button', { name: 'Write all rules anew' }).count()).toBe(0);
    expect(await window.page.locator('[data-tour="mode"]').isDisabled()).toBe(true);
  });

  test('has its rules shown, each with its Service', async () => {
    await window.show('Rules');
    await window.main.getByText('KUBE-NODEPORTS').first().waitFor();
    await window.main.getByText('default/web').first().waitFor();
  });

  test('is verified right, and a damage by hand is found at once', async () => {
    await window.show('Node');
    await window.main.getByRole('tab', { name: 'Verify' }).click();
    await window.main.getByText(/^As it should be/).waitFor();
    proxy.child.kill('SIGSTOP');
    node.deleteRule('nat', /-A KUBE-SEP-.*--to-destination 10\.244\.0\.6:8080/);
    await window.main.getByRole('link', { name: 'default/web' }).waitFor();
    proxy.child.kill('SIGCONT');
    await window.main.getByText(/^As it should be/).waitFor();
  });

  test('gets the rules of an edited Service from its own kube-proxy', async () => {
    const spec = { type: 'NodePort', ports: [{ port: 80, nodePort: 30500 }] };
    await lab.client.services.create({ object: { metadata: { name: 'edited' }, spec } });
    const service = await window.open('edited', /^Form/);
    await window.nodePortField(service).fill('30778');
    await window.save(service);
    await until('the rules', () => node.run(['iptables-save']).includes('30778') || undefined);
    await window.show('Node');
    await window.main.getByRole('tab', { name: 'Verify' }).click();
    await window.main.getByText(/^As it should be/).waitFor();
  });

  test('is not taken over while its kube-proxy writes, and is once that has ended', async () => {
    before = rulesOf();
    await bar().getByRole('button', { name: 'Take over…' }).click();
    const dialog = window.page.getByRole('dialog', { name: 'Take the node over' });
    await dialog.getByText('another kube-proxy writes this node').waitFor();
    await dialog.getByText(`process ${proxy.child.pid}`).waitFor();
    expect(await dialog.getByRole('button', { name: 'Take over', exact: true }).isDisabled()).toBe(true);
    expect(rulesOf()).toBe(before);
    await proxy.stop();
    await dialog.getByRole('button', { name: 'Look again' }).click();
    await dialog.getByRole('radio', { name: 'nftables' }).click();
    await dialog.getByText('another kube-proxy writes this node').waitFor({ state: 'detached' });
    // Its last write was a moment ago: for some seconds it may be somebody who goes on.
    const takeOver = dialog.getByRole('button', { name: 'Take over', exact: true });
    await until('the last write to be past', async () => {
      if (await takeOver.isEnabled()) return true;
      const again = dialog.getByRole('button', { name: 'Look again' });
      // It is there while somebody is in the way, and may go while it is looked at.
      if (await again.isVisible()) await again.click({ timeout: 1000 }).catch(() => {});
      return undefined;
    });
    await takeOver.click();
    await bar().getByText('Taken over', { exact: true }).waitFor();
    expect(node.run(['nft', 'list', 'table', 'ip', 'kube-proxy'])).toContain('default/web');
  });

  test('has our rules, in whichever mode', async () => {
    await window.switchMode('userspace');
    await until('the relay’s rules', () => node.run(['iptables-save']).includes('KUBE-PORTALS') || undefined);
    await window.switchMode('iptables');
    expect(node.run(['iptables-save'])).toContain('30778');
  });

  test('is handed back as it was', async () => {
    await bar().getByRole('button', { name: 'Hand back' }).click();
    await bar().getByText('Observed', { exact: true }).waitFor();
    expect(rulesOf()).toBe(before);
  });

  test('is left for the lab, which is as ever', async () => {
    await choose('Embedded lab');
    await window.ready();
    await window.show('Node');
    expect(await bar().count()).toBe(0);
    await window.main.getByRole('button', { name: 'Write all rules anew' }).waitFor();
    expect(rulesOf()).toBe(before);
  });
});

if (process.getuid?.() !== 0) {
  // Said where tests are counted, rather than left out in silence.
  test.skip('the node of a second cluster, in a network namespace that only root may enter', () => {});
}
