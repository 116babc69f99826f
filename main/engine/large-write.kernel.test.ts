/** More Services than one message to the kernel may hold, on the node of an ordinary user, and of root. */
import { describe, expect, test } from 'vitest';
import { buildRuleset } from '../../app/proxy/build-ruleset.ts';
import { manyServices } from '../../app/proxy/many-services-under-test.ts';
import { proxierState } from '../../app/proxy/proxier-state.ts';
import { parseIptablesSave } from '../../app/ruleset/iptables-parse.ts';
import { updateIptables } from '../../app/ruleset/iptables-update.ts';
import type { Ruleset } from '../../app/ruleset/model.ts';
import { parseNftables } from '../../app/ruleset/nft-parse.ts';
import { updateNftables } from '../../app/ruleset/nft-update.ts';
import { SMALL_TRANSACTION } from '../../app/ruleset/transaction-size.ts';
import { NodeUnderTest } from '../testing/node-under-test.ts';
import { NodeWriter } from './node-writer.ts';

const SERVICES = 1500;
const TOOLS = { iptables: true, ip6tables: true, nft: true };

/** What would still have to be written, by what the node says it holds. */
async function remaining(node: NodeUnderTest, wanted: Ruleset): Promise<string[]> {
  const { verbs } = node.target;
  const family = 'IPv4';
  return wanted.kind === 'iptables'
    ? updateIptables(parseIptablesSave(await verbs.readIptables({ family }), family), wanted)
    : updateNftables(parseNftables(await verbs.readNftables({ family }), family), wanted);
}

const USERS = [
  { user: 'an ordinary user', ownUsers: true },
  ...(process.getuid?.() === 0 ? [{ user: 'root', ownUsers: false }] : []),
];

describe.each(['iptables', 'nftables'] as const)('%s mode', (mode) => {
  test.each(USERS)(`${SERVICES} Services come, change and go, on a node of $user`, async ({ ownUsers }) => {
    await using node = await NodeUnderTest.make({ ownUsers });
    const writer = new NodeWriter(node.target, TOOLS);
    const rules = (changes: Parameters<typeof manyServices>[1] = {}): Ruleset =>
      buildRuleset(mode, 'current', proxierState(manyServices(SERVICES, changes), 'IPv4'));
    const first = rules();
    const { inputs } = await writer.write({ IPv4: first });
    // An ordinary user's first transaction is refused as too large, and comes again as many.
    const small = inputs.filter(({ text }) => text.length <= SMALL_TRANSACTION);
    if (ownUsers) {
      expect(inputs.length).toBeGreaterThan(1);
      expect(small).toHaveLength(inputs.length);
    } else expect(small.length).toBeLessThan(inputs.length);
    expect(await remaining(node, first)).toEqual([]);
    const changed = rules({ withoutEndpoints: [700] });
    expect((await writer.write({ IPv4: changed })).inputs).toHaveLength(1);
    expect(await remaining(node, changed)).toEqual([]);
    await writer.write({});
    const nothing = { ...first, tables: [] };
    expect(await remaining(node, nothing)).toEqual([]);
  });
});
