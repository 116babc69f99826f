/** What a person does with the lab, from the template to the exported rules: the same in both shells. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startElectronApp } from '../testing/electron-app.ts';
import { run } from '../testing/lab-under-test.ts';
import { LabWindow } from '../testing/lab-window.ts';
import { launchChromium, startWebLab } from '../testing/web-lab.ts';

interface Shown {
  window: LabWindow;
  end: () => Promise<void>;
}

async function inBrowser(): Promise<Shown> {
  const lab = await startWebLab();
  const browser = await launchChromium();
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(lab.url);
  return {
    window: new LabWindow(page),
    end: async () => {
      await browser.close();
      await lab.stop();
    },
  };
}

async function inElectron(): Promise<Shown> {
  const data = mkdtempSync(join(tmpdir(), 'kube-proxy-lab-window-'));
  const app = await startElectronApp({ data });
  return {
    window: new LabWindow(await app.page()),
    end: async () => {
      await app.quit();
      rmSync(data, { recursive: true });
    },
  };
}

/** Loads rules into a network namespace that holds none, and gives what is then there. */
async function loadInFreshNamespace(rules: string): Promise<string> {
  const asUser = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const script = 'iptables-restore --noflush && iptables-save -t nat';
  const { code, stdout, stderr } = await run(['unshare', ...asUser, '--net', 'sh', '-c', script], {
    input: rules,
  });
  if (code !== 0) throw new Error(`iptables-restore: ${stderr}`);
  return stdout;
}

describe.each([
  ['a browser', inBrowser],
  ['Electron', inElectron],
])('in %s', (_shell, show) => {
  it('a Service is made, edited, tested, broken and exported', async () => {
    const { window, end } = await show();
    const { main, page } = window;
    try {
      await window.ready();
      await window.skipTour();

      await window.createFromTemplate('mysql-service');
      await window.row('mysql-service', '2/2').waitFor();

      const service = await window.open('mysql-service', /^Form/);
      await window.nodePortField(service).fill('30965');
      await window.save(service);
      await window.row('mysql-service', '3306:30965/TCP').waitFor();

      await window.open('mysql-service', /^YAML/);
      await window.editYamlNumber(service, 'nodePort: 30965', '30966');
      await window.save(service);
      await window.row('mysql-service', '3306:30966/TCP').waitFor();

      await service.getByRole('button', { name: 'Its rules' }).click();
      await main.getByText('30966').first().waitFor();
      expect(await main.getByText('30965').count()).toBe(0);

      await window.open('mysql-service', /^Form/);
      await service.getByRole('button', { name: 'Send traffic to it' }).click();
      await window.sendRequests();
      await main.getByText('200 of 200 answered').first().waitFor();
      const answers = await window.answersByPod();
      expect([...answers.keys()].toSorted()).toEqual(['mysql-1', 'mysql-2']);
      expect([...answers.values()].reduce((sum, count) => sum + count)).toBe(200);

      await window.open('mysql-service', /^Pods/);
      await service.getByLabel('How many pods').fill('0');
      await service.getByRole('button', { name: 'Scale', exact: true }).click();
      await window.row('mysql-service', '0/0').waitFor();
      await service.getByRole('button', { name: 'Send traffic to it' }).click();
      await window.sendRequests();
      await main
        .getByText('The Service has no ready endpoint. In iptables mode a REJECT rule')
        .first()
        .waitFor();

      await window.open('mysql-service', /^Pods/);
      await service.getByLabel('How many pods').fill('2');
      await service.getByRole('button', { name: 'Scale', exact: true }).click();
      await window.row('mysql-service', '2/2').waitFor();
      await window.switchMode('nftables');
      await window.switchMode('iptables');

      await window.show('Export');
      await main.getByRole('radio', { name: /^iptables-restore file/ }).check();
      await main.getByRole('button', { name: 'Save', exact: true }).waitFor();
      const rules = await window.savedExport();
      const loaded = await loadInFreshNamespace(rules);
      expect(loaded).toMatch(/-A KUBE-NODEPORTS .*--dport 30966 .*-j KUBE-EXT-/);
      expect(loaded.match(/-j DNAT --to-destination 192\.168\.125\.\d+:3306/g)).toHaveLength(2);
      expect(page.url()).toContain('#/export');
    } finally {
      await end();
    }
  }, 240_000);
});
