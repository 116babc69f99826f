/** What to do where a tool of the node is missing or refused. */
export interface Remedy {
  /** `node:remedy.install`: the words. */
  key: string;
  /** To be typed on the computer that the lab runs on. */
  command?: string;
}

/** Debian's and Ubuntu's package that brings each tool. */
const packages: Record<string, string> = {
  iptables: 'iptables',
  ip6tables: 'iptables',
  nft: 'nftables',
  conntrack: 'conntrack',
  nfacct: 'nfacct',
};

const notInstalled = /ENOENT|not found|no such file|not installed/i;
const kernelRefuses = /protocol not supported|not supported|kernel|modprobe|could not process rule/i;
const notPermitted = /permission denied|operation not permitted|EPERM|EACCES/i;

/** The remedy for a tool of this name that was refused with this reason. */
export function remedyOf(name: string, reason: string): Remedy | undefined {
  const debianPackage = packages[name];
  if (notInstalled.test(reason) && debianPackage) {
    return {
      key: 'node:remedy.install',
      command: `sudo apt-get install -y --no-install-recommends ${debianPackage}`,
    };
  }
  if (notPermitted.test(reason)) return { key: 'node:remedy.permission', command: 'kube-proxy-lab doctor' };
  if (kernelRefuses.test(reason)) return { key: 'node:remedy.kernel', command: 'kube-proxy-lab doctor' };
  return { key: 'node:remedy.doctor', command: 'kube-proxy-lab doctor' };
}
