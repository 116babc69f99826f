import { CommandError } from '../run-command.ts';
import { entriesIn, parseConntrack } from './conntrack-entries.ts';
import { probeCapabilities } from './node-capabilities.ts';
import type { NodePlace } from './node-place.ts';
import type { ConntrackFlow, NodeVerbs } from './node-protocol.ts';
import { checkIptablesRestore, checkNft } from './ruleset-guard.ts';
import { RulesetMonitor } from './ruleset-monitor.ts';
import type { VerbHandlers } from './verb-channel.ts';

const tableOf = { IPv4: 'ip', IPv6: 'ip6' } as const;
const conntrackFamily = { IPv4: 'ipv4', IPv6: 'ipv6' } as const;

function iptablesTool(family: 'IPv4' | 'IPv6', tool: 'save' | 'restore'): string {
  return `${family === 'IPv4' ? 'iptables' : 'ip6tables'}-${tool}`;
}

async function deleteFlow(flow: ConntrackFlow, place: NodePlace): Promise<void> {
  const argv: [string, ...string[]] = [
    'conntrack', '-D', '-f', conntrackFamily[flow.family], '-p', flow.protocol,
    '--orig-src', flow.source, '--orig-dst', flow.destination,
    '--sport', String(flow.sourcePort), '--dport', String(flow.destinationPort),
  ]; // biome-ignore format: option and value side by side
  try {
    await place.run(argv);
  } catch (error) {
    // conntrack exits with 1 where nothing matched: the flow has ended by itself.
    if (!(error instanceof CommandError) || !/0 flow entries/.test(error.stderr)) throw error;
  }
}

/** Whether every table of an iptables-save is followed by its COMMIT, and the last line is one. */
function isWhole(saved: string): boolean {
  const lines = saved.split('\n');
  const tables = lines.filter((line) => line.startsWith('*')).length;
  return (
    saved === '' || (saved.endsWith('\n') && tables === lines.filter((line) => line === 'COMMIT').length)
  );
}

/**
 * The helper's verbs on one node.
 * @param monitor knows our own writes from others'; whoever makes it closes it.
 */
export function nodeVerbHandlers(
  place: NodePlace,
  monitor = new RulesetMonitor(place),
): VerbHandlers<NodeVerbs> {
  return {
    capabilities: (options) => probeCapabilities(place, options),
    readIptables: async ({ family, counters }) => {
      const argv: [string, ...string[]] = [iptablesTool(family, 'save'), ...(counters ? ['-c'] : [])];
      const { stdout, stderr } = await place.run(argv);
      // What carries the output may break without a word: rules that were cut off are not rules that are gone.
      if (!isWhole(stdout))
        throw new CommandError(argv, 0, `${stderr}its output ended in the middle of a table`);
      return stdout;
    },
    writeIptables: async ({ family, input }) => {
      checkIptablesRestore(input);
      const argv: [string, ...string[]] = [iptablesTool(family, 'restore'), '--noflush', '--wait', '5'];
      await monitor.own(() => place.run(argv, { input }));
    },
    readNftables: async ({ family, counters }) => {
      const stateless = counters ? [] : ['-s'];
      try {
        return (await place.run(['nft', ...stateless, 'list', 'table', tableOf[family], 'kube-proxy']))
          .stdout;
      } catch (error) {
        if (error instanceof CommandError && /No such file or directory/.test(error.stderr)) return '';
        throw error;
      }
    },
    writeNftables: async ({ input }) => {
      checkNft(input);
      await monitor.own(() => place.run(['nft', '-f', '-'], { input }));
    },
    watchRuleset: ({ after, waitMs }) => monitor.next(after, waitMs),
    createCounters: async ({ names }) => {
      for (const name of names) {
        await place.run(['nfacct', 'add', name]).catch((error: unknown) => {
          // nfacct says EBUSY (File exists) for a counter that is there already.
          if (!(error instanceof CommandError) || !/exists|busy/i.test(error.stderr)) throw error;
        });
      }
    },
    listConntrack: async ({ family, protocol }) => {
      const argv: [string, ...string[]] = ['conntrack', '-L', '-f', conntrackFamily[family], '-p', protocol];
      return parseConntrack((await place.run(argv)).stdout, family);
    },
    readConntrack: async ({ family, most }) => {
      const { stdout } = await place.run(['conntrack', '-L', '-f', conntrackFamily[family]]);
      return { flows: parseConntrack(stdout, family, most), count: entriesIn(stdout) };
    },
    deleteConntrack: async ({ flows }) => {
      for (const flow of flows) await deleteFlow(flow, place);
    },
    readSysctl: async ({ name }) => (await place.readSetting(name)) ?? '',
    writeSysctl: ({ name, value }) => place.writeSetting(name, value),
  };
}
