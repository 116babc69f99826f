/**
 * A node as it was before we wrote to it, and the way back: kube-proxy's rules of then, whoever wrote them, the
 * tables that there were, the settings and counters. What is foreign is neither kept nor touched.
 */
import { z } from 'zod';
import { parseIptablesSave } from '../../app/ruleset/iptables-parse.ts';
import { updateIptables } from '../../app/ruleset/iptables-update.ts';
import { parseNftables } from '../../app/ruleset/nft-parse.ts';
import { updateNftables } from '../../app/ruleset/nft-update.ts';
import { ownPart } from '../../app/ruleset/own-part.ts';
import { CommandError } from '../run-command.ts';
import type { NodePlace } from './node-place.ts';
import { counterSchema, sysctlSchema } from './node-protocol.ts';
import { nodeVerbHandlers } from './node-verbs.ts';
import { RulesetMonitor } from './ruleset-monitor.ts';

const FAMILIES = ['IPv4', 'IPv6'] as const;
type Family = (typeof FAMILIES)[number];
/** What iptables-nft makes, without being asked, when a rule is written or a table is read. */
const IPTABLES_TABLES = /^ip6? (?:filter|nat|mangle|raw)(?: [A-Z]+)?$/;

const byFamily = z.strictObject({ IPv4: z.string().nullable(), IPv6: z.string().nullable() });

export const nodeSnapshotSchema = z.strictObject({
  /** iptables-save and ip6tables-save, whole; null where the tool is missing. */
  iptables: byFamily,
  /** `nft list table … kube-proxy`; empty without one, null where the tool is missing. */
  nftables: byFamily,
  /** Which of iptables-nft's own tables and built-in chains there were: `ip filter`, `ip6 nat OUTPUT`. */
  builtIn: z.array(z.string()),
  sysctls: z.array(z.strictObject({ name: sysctlSchema, value: z.string() })),
  counters: z.array(counterSchema),
});
export type NodeSnapshot = z.infer<typeof nodeSnapshotSchema>;

export async function takeSnapshot(place: NodePlace): Promise<NodeSnapshot> {
  // First, because reading through iptables-nft may make them.
  const builtIn = await iptablesBuiltIn(place);
  const verbs = nodeVerbHandlers(place);
  const read = async (what: () => Promise<string> | string): Promise<string | null> => {
    try {
      return await what();
    } catch (error) {
      if (error instanceof CommandError) return null;
      throw error;
    }
  };
  const sysctls: NodeSnapshot['sysctls'] = [];
  for (const name of sysctlSchema.options) {
    const value = await place.readSetting(name);
    if (value !== undefined) sysctls.push({ name, value });
  }
  return {
    builtIn,
    iptables: {
      IPv4: await read(() => verbs.readIptables({ family: 'IPv4' })),
      IPv6: await read(() => verbs.readIptables({ family: 'IPv6' })),
    },
    nftables: {
      IPv4: await read(() => verbs.readNftables({ family: 'IPv4' })),
      IPv6: await read(() => verbs.readNftables({ family: 'IPv6' })),
    },
    sysctls,
    counters: await counters(place),
  };
}

/**
 * Brings kube-proxy's part of a node back to the snapshot. Goes on past what fails; rejects with all of it.
 * @param monitor is told that the writes are ours
 */
export async function restoreSnapshot(
  place: NodePlace,
  before: NodeSnapshot,
  monitor = new RulesetMonitor(place),
): Promise<void> {
  const to = { place, before, verbs: nodeVerbHandlers(place, monitor), monitor };
  const failures: unknown[] = [];
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      failures.push(error);
    }
  };
  for (const family of FAMILIES) {
    await attempt(() => restoreIptables(to, family));
    await attempt(() => restoreNftables(to, family));
  }
  await attempt(() => dropNewBuiltIn(to));
  for (const { name, value } of before.sysctls) {
    await attempt(async () => {
      if ((await place.readSetting(name)) !== value) await place.writeSetting(name, value);
    });
  }
  for (const name of await counters(place)) {
    if (!before.counters.includes(name))
      await attempt(async () => void (await place.run(['nfacct', 'delete', name])));
  }
  if (failures.length > 0) {
    throw new AggregateError(
      failures,
      `the node is not wholly as it was: ${failures.map(String).join('; ')}`,
    );
  }
}

interface Restoring {
  readonly place: NodePlace;
  readonly before: NodeSnapshot;
  readonly verbs: ReturnType<typeof nodeVerbHandlers>;
  readonly monitor: RulesetMonitor;
}

async function restoreIptables({ before, verbs }: Restoring, family: Family): Promise<void> {
  const text = before.iptables[family];
  if (text === null) return;
  const now = parseIptablesSave(await verbs.readIptables({ family }), family);
  const inputs = updateIptables(now, ownPart(parseIptablesSave(text, family)));
  for (const input of inputs) await verbs.writeIptables({ family, input });
}

async function restoreNftables({ before, verbs }: Restoring, family: Family): Promise<void> {
  const text = before.nftables[family];
  if (text === null) return;
  const now = parseNftables(await verbs.readNftables({ family }), family);
  const inputs = updateNftables(now, parseNftables(text, family));
  for (const input of inputs) await verbs.writeNftables({ input });
}

/** Takes away the built-in chains and tables that came with our rules, where nobody has rules in them now. */
async function dropNewBuiltIn({ place, before, monitor }: Restoring): Promise<void> {
  const now = await iptablesBuiltIn(place);
  // Chains before the tables that hold them.
  const added = now.filter((name) => !before.builtIn.includes(name)).sort((a, b) => b.length - a.length);
  for (const name of added) {
    const [family = '', table = '', chain] = name.split(' ');
    const words = chain === undefined ? ['table', family, table] : ['chain', family, table, chain];
    const { stdout } = await place.run(['nft', 'list', ...words] as [string, ...string[]]);
    if (!isEmpty(stdout)) continue;
    await monitor.own(() => place.run(['nft', 'delete', ...words] as [string, ...string[]]));
  }
}

/** Whether `nft list` shows neither a rule nor, in a table, a chain. */
function isEmpty(listing: string): boolean {
  const frame = /^(?:table .*\{|chain \w+ \{|type \w+ hook .*|\}|#.*)?$/;
  const lines = listing.split('\n').map((line) => line.trim());
  const chains = lines.filter((line) => line.startsWith('chain ')).length;
  const isChain = lines.some((line) => line.startsWith('type '));
  return lines.every((line) => frame.test(line)) && chains === (isChain ? 1 : 0);
}

const chainListSchema = z.object({
  nftables: z.array(
    z.object({
      chain: z
        .object({ family: z.string(), table: z.string(), name: z.string(), hook: z.string().optional() })
        .optional(),
    }),
  ),
});

async function iptablesBuiltIn(place: NodePlace): Promise<string[]> {
  try {
    const tables = (await place.run(['nft', 'list', 'tables'])).stdout
      .split('\n')
      .map((line) => line.trim().replace(/^table /, ''));
    const { stdout } = await place.run(['nft', '-j', 'list', 'chains']);
    const chains = chainListSchema
      .parse(JSON.parse(stdout))
      .nftables.flatMap(({ chain }) =>
        chain?.hook === undefined ? [] : [`${chain.family} ${chain.table} ${chain.name}`],
      );
    return [...tables, ...chains].filter((name) => IPTABLES_TABLES.test(name));
  } catch (error) {
    if (error instanceof CommandError) return [];
    throw error;
  }
}

async function counters(place: NodePlace): Promise<NodeSnapshot['counters']> {
  try {
    const { stdout } = await place.run(['nfacct', 'list']);
    return counterSchema.options.filter((name) => new RegExp(`\\b${name}\\b`).test(stdout));
  } catch (error) {
    if (error instanceof CommandError) return [];
    throw error;
  }
}
