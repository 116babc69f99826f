/** The programs of the system that this project calls: what for, and the Debian package each comes in. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

export interface RequiredTool {
  command: string;
  /** Debian's and Ubuntu's package. */
  package: string;
  /** What does not work without it. */
  neededFor: string;
  /** `lab`: nothing of the lab runs without it. `mode`: a part does not. `workshop`: people will miss it. */
  need: 'lab' | 'mode' | 'workshop' | 'tests';
}

export const requiredTools: readonly RequiredTool[] = [
  { command: 'unshare', package: 'util-linux', neededFor: "the lab's namespaces", need: 'lab' },
  { command: 'setpriv', package: 'util-linux', neededFor: "the lab's end with the program", need: 'lab' },
  { command: 'nsenter', package: 'util-linux', neededFor: '`lab exec` and `probe`', need: 'lab' },
  { command: 'ip', package: 'iproute2', neededFor: "the lab's wires and addresses", need: 'lab' },
  {
    command: 'iptables-restore',
    package: 'iptables',
    neededFor: 'iptables and userspace mode',
    need: 'mode',
  },
  { command: 'nft', package: 'nftables', neededFor: 'nftables mode', need: 'mode' },
  { command: 'conntrack', package: 'conntrack', neededFor: 'ending stale UDP flows', need: 'mode' },
  { command: 'nfacct', package: 'nfacct', neededFor: "the counters of kube-proxy's drop rule", need: 'mode' },
  { command: 'sysctl', package: 'procps', neededFor: 'looking at settings in `lab exec`', need: 'workshop' },
  { command: 'ss', package: 'iproute2', neededFor: 'looking at sockets in `lab exec`', need: 'workshop' },
  { command: 'curl', package: 'curl', neededFor: 'requests by hand in `lab exec`', need: 'workshop' },
  { command: 'tcpdump', package: 'tcpdump', neededFor: 'watching packets in `lab exec`', need: 'workshop' },
  {
    command: 'chromium',
    package: 'chromium',
    neededFor: 'the tests that work the window',
    need: 'tests',
  },
  {
    command: 'python3',
    package: 'python3',
    neededFor: 'the comparison with a real kube-proxy',
    need: 'tests',
  },
];

/** Whether a command is on the PATH and may be run. */
export function isInstalled(command: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The tools that are not there, of all needs or with those of the tests. */
export function missingTools(options: { tests?: boolean } = {}): RequiredTool[] {
  return requiredTools.filter(
    (tool) => (options.tests || tool.need !== 'tests') && !isInstalled(tool.command),
  );
}

/** The packages that bring them, each once. */
export function packagesOf(tools: readonly RequiredTool[]): string[] {
  return [...new Set(tools.map((tool) => tool.package))];
}

/** The one command to type, by a user who is not root. */
export function installCommand(tools: readonly RequiredTool[]): string {
  return `sudo apt-get install -y --no-install-recommends ${packagesOf(tools).join(' ')}`;
}
