import type { NetworkNamespace } from '../namespaces/network-namespace.ts';
import { CommandError, runCommand } from '../run-command.ts';
import type { NodeCapabilities, ToolState } from './node-protocol.ts';

async function toolState(argv: [string, ...string[]], within?: NetworkNamespace): Promise<ToolState> {
  try {
    const { stdout, stderr } = await runCommand(argv, { ...(within ? { within } : {}), timeoutMs: 10_000 });
    return { available: true, version: (stdout || stderr).trim().split('\n')[0] ?? '' };
  } catch (error) {
    return { available: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

async function iptablesState(tool: string, within?: NetworkNamespace): Promise<NodeCapabilities['iptables']> {
  const version = await toolState([tool, '--version'], within);
  if (!version.available) return version;
  const backend = version.version.includes('nf_tables') ? 'nf_tables' : 'legacy';
  // The tool may be there and the kernel refuse it: only a read tells.
  const works = await toolState([`${tool}-save`], within);
  return works.available ? { ...version, backend } : works;
}

async function nftState(within?: NetworkNamespace): Promise<ToolState> {
  const version = await toolState(['nft', '--version'], within);
  if (!version.available) return version;
  // The kernel may have no nf_tables: only a read tells.
  const works = await toolState(['nft', 'list', 'tables'], within);
  return works.available ? version : works;
}

/** nfacct's counters are a kernel feature of their own: making one is the only honest test. */
async function nfacctState(within?: NetworkNamespace): Promise<ToolState> {
  const place = within ? { within } : {};
  try {
    await runCommand(['nfacct', 'add', 'kube_proxy_lab_probe'], place).catch((error: unknown) => {
      if (!(error instanceof CommandError) || !/exists/i.test(error.stderr)) throw error;
    });
    await runCommand(['nfacct', 'delete', 'kube_proxy_lab_probe'], place);
    return { available: true, version: 'nfacct' };
  } catch (error) {
    return { available: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Tries each tool in the place where it will be used. Never throws: what fails is a reason. */
export async function probeCapabilities(within?: NetworkNamespace): Promise<NodeCapabilities> {
  const [iptables, ip6tables, nft, conntrack, nfacct] = await Promise.all([
    iptablesState('iptables', within),
    iptablesState('ip6tables', within),
    nftState(within),
    toolState(['conntrack', '-C'], within).then((state) =>
      state.available ? { ...state, version: 'conntrack' } : state,
    ),
    nfacctState(within),
  ]);
  return { iptables, ip6tables, nft, conntrack, nfacct };
}
