import { CommandError } from '../run-command.ts';
import type { NodePlace } from './node-place.ts';
import type { NodeCapabilities, ToolState } from './node-protocol.ts';

/** A container's runtime on a busy computer, or a virtual machine behind ssh, takes its time. */
const PROBE_TIMEOUT_MS = 30_000;

async function toolState(place: NodePlace, argv: [string, ...string[]]): Promise<ToolState> {
  try {
    const { stdout, stderr } = await place.run(argv, { timeoutMs: PROBE_TIMEOUT_MS });
    return { available: true, version: (stdout || stderr).trim().split('\n')[0] ?? '' };
  } catch (error) {
    return { available: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

async function iptablesState(place: NodePlace, tool: string): Promise<NodeCapabilities['iptables']> {
  const version = await toolState(place, [tool, '--version']);
  if (!version.available) return version;
  const backend = version.version.includes('nf_tables') ? 'nf_tables' : 'legacy';
  // The tool may be there and the kernel refuse it: only a read tells.
  const works = await toolState(place, [`${tool}-save`]);
  return works.available ? { ...version, backend } : works;
}

async function nftState(place: NodePlace): Promise<ToolState> {
  const version = await toolState(place, ['nft', '--version']);
  if (!version.available) return version;
  // The kernel may have no nf_tables: only a read tells.
  const works = await toolState(place, ['nft', 'list', 'tables']);
  return works.available ? version : works;
}

/** nfacct's counters are a kernel feature of their own: making one is the only honest test. */
async function nfacctState(place: NodePlace): Promise<ToolState> {
  try {
    await place.run(['nfacct', 'add', 'kube_proxy_lab_probe']).catch((error: unknown) => {
      if (!(error instanceof CommandError) || !/exists/i.test(error.stderr)) throw error;
    });
    await place.run(['nfacct', 'delete', 'kube_proxy_lab_probe']);
    return { available: true, version: 'nfacct' };
  } catch (error) {
    return { available: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Tries each tool in the place where it will be used. Never throws: what fails is a reason. */
export async function probeCapabilities(
  place: NodePlace,
  { changesNothing = false }: { changesNothing?: boolean | undefined } = {},
): Promise<NodeCapabilities> {
  const [iptables, ip6tables, nft, conntrack, nfacct] = await Promise.all([
    iptablesState(place, 'iptables'),
    iptablesState(place, 'ip6tables'),
    nftState(place),
    toolState(place, ['conntrack', '-C']).then((state) =>
      state.available ? { ...state, version: 'conntrack' } : state,
    ),
    // The kernel says what counters there are, too; whether it would take another, it does not.
    changesNothing
      ? toolState(place, ['nfacct', 'list']).then((state) =>
          state.available ? { ...state, version: 'nfacct' } : state,
        )
      : nfacctState(place),
  ]);
  return { iptables, ip6tables, nft, conntrack, nfacct };
}
