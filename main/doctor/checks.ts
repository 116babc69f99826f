/** What `doctor` looks at. Each check says what it found and, where that is a lack, the remedy. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { NodeCapabilities, ToolState } from '../helper/node-protocol.ts';
import { startLabProcess } from '../lab/lab-process.ts';
import { findElectron, hasElectronPackage } from '../requirements/electron-binary.ts';
import { isInstalled, type RequiredTool, requiredTools } from '../requirements/tools.ts';

export interface Check {
  /** A stable name, for scripts. */
  name: string;
  /** `ok`; `lacking`: a part does not work; `broken`: the lab does not run. */
  state: 'ok' | 'lacking' | 'broken';
  /** What was found. */
  found: string;
  /** What to do about it. */
  remedy?: string;
}

function checkTool(tool: RequiredTool): Check {
  const name = `tool ${tool.command}`;
  if (isInstalled(tool.command)) return { name, state: 'ok', found: 'installed' };
  return {
    name,
    state: tool.need === 'lab' ? 'broken' : 'lacking',
    found: `missing, needed for ${tool.neededFor}`,
    remedy: `sudo apt-get install ${tool.package}`,
  };
}

function readSetting(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function namespaceSettings(): Check[] {
  if (process.getuid?.() === 0) return [];
  const settings: [string, string, string][] = [
    ['kernel.apparmor_restrict_unprivileged_userns', '1', '0'],
    ['kernel.unprivileged_userns_clone', '0', '1'],
    ['user.max_user_namespaces', '0', '10000'],
  ];
  return settings.flatMap(([name, forbidding, allowing]): Check[] => {
    const value = readSetting(`/proc/sys/${name.replaceAll('.', '/')}`);
    if (value === undefined) return [];
    if (value !== forbidding) return [{ name: `setting ${name}`, state: 'ok', found: value }];
    return [
      {
        name: `setting ${name}`,
        state: 'broken',
        found: `${value}: ordinary users may not make the namespaces that the lab is made of`,
        remedy: `sudo sysctl -w ${name}=${allowing}`,
      },
    ];
  });
}

function capabilityChecks(capabilities: NodeCapabilities): Check[] {
  const lost: Record<keyof NodeCapabilities, string> = {
    iptables: 'no iptables and no userspace mode',
    ip6tables: 'these modes have no IPv6',
    nft: 'no nftables mode',
    conntrack: 'stale UDP flows stay until they end by themselves',
    nfacct: "kube-proxy's drop rule goes without its counter, as kube-proxy leaves it out",
  };
  return Object.entries(capabilities).map(([name, state]: [string, ToolState]): Check => {
    const title = `in the lab: ${name}`;
    if (state.available) return { name: title, state: 'ok', found: state.version };
    return {
      name: title,
      state: 'lacking',
      found: `${state.reason}: ${lost[name as keyof NodeCapabilities]}`,
      remedy: 'install the tool, or load its kernel module on the host',
    };
  });
}

/** The honest test: makes the lab's namespaces and tries the kernel's features in them. */
async function labChecks(): Promise<Check[]> {
  try {
    const lab = await startLabProcess();
    try {
      const capabilities = await lab.verbs.capabilities({});
      const found = process.getuid?.() === 0 ? 'made, as root' : 'made, as an ordinary user';
      return [{ name: 'namespaces', state: 'ok', found }, ...capabilityChecks(capabilities)];
    } finally {
      await lab.close();
    }
  } catch (error) {
    const [found = '', ...remedy] = (error instanceof Error ? error.message : String(error)).split('\n');
    return [
      {
        name: 'namespaces',
        state: 'broken',
        found,
        ...(remedy.length ? { remedy: remedy.join(' ') } : {}),
      },
    ];
  }
}

function checkElectron(): Check {
  const name = 'electron';
  if (findElectron()) return { name, state: 'ok', found: 'installed' };
  if (!hasElectronPackage()) return { name, state: 'lacking', found: 'not part of this installation' };
  return {
    name,
    state: 'lacking',
    found: 'its binary is not here: the app runs without a window of its own',
    remedy: 'npx install-electron (needs the network)',
  };
}

function checkKubectl(): Check {
  if (isInstalled('kubectl')) return { name: 'tool kubectl', state: 'ok', found: 'installed' };
  return {
    name: 'tool kubectl',
    state: 'lacking',
    found: 'missing: the lab takes objects from it',
    remedy: 'https://kubernetes.io/docs/tasks/tools/',
  };
}

/** By fontconfig, which browsers and Electron ask too; where it is not there, nothing is known and nothing said. */
function checkChineseFont(): Check[] {
  const { status, stdout } = spawnSync('fc-list', [':lang=zh-cn', 'family'], { encoding: 'utf8' });
  if (status !== 0) return [];
  const name = 'font for Chinese';
  const [family] = stdout.split('\n').filter(Boolean);
  if (family) return [{ name, state: 'ok', found: family.split(',')[0] ?? family }];
  return [
    {
      name,
      state: 'lacking',
      found: 'missing: the window in Chinese shows boxes in place of its signs',
      remedy: 'apt install fonts-noto-cjk',
    },
  ];
}

/** All checks, in the order they are printed. */
export async function runChecks(): Promise<Check[]> {
  const node: Check = { name: 'node', state: 'ok', found: process.version };
  if (process.platform !== 'linux') {
    return [
      node,
      {
        name: 'system',
        state: 'broken',
        found: `${process.platform} has no Linux namespaces: the embedded lab does not run here`,
        remedy: 'use a Linux machine or VM for the lab',
      },
      checkElectron(),
      checkKubectl(),
    ];
  }
  const tools = requiredTools.filter((tool) => tool.need !== 'tests').map(checkTool);
  return [
    node,
    ...tools,
    checkKubectl(),
    ...namespaceSettings(),
    ...(await labChecks()),
    checkElectron(),
    ...checkChineseFont(),
  ];
}
