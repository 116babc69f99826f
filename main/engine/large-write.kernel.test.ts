/** More Services than one message to the kernel may hold, on the node of an ordinary user. */
import { describe, expect, test } from 'vitest';
import { buildRuleset } from '../../app/proxy/build-ruleset.ts';
import { manyServices } from '../../app/proxy/many-services-under-test.ts';
import { proxierState } from '../../app/proxy/proxier-state.ts';
import { parseIptablesSave } from '../../app/ruleset/iptables-parse.ts';
import { updateIptables } from '../../app/ruleset/iptables-update.ts';
import type { Ruleset } from '../../app/ruleset/model.ts';
import { parseNftables } from '../../app/ruleset/nft-parse.ts';
import { updateNftables } from '../../app/ruleset/nft-update.ts';
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

describe.each(['iptables', 'nftables'] as const)('%s mode', (mode) => {
  test(`${SERVICES} Services come, change and go`, async () => {
    await using node = await NodeUnderTest.make({ ownUsers: true });
    const writer = new NodeWriter(node.target, TOOLS);
    const rules = (changes: Parameters<typeof manyServices>[1] = {}): Ruleset =>
      buildRuleset(mode, 'current', proxierState(manyServices(SERVICES, changes), 'IPv4'));
    const first = rules();
    const { inputs } = await writer.write({ IPv4: first });
    expect(inputs.length).toBeGreaterThan(1);
    expect(await remaining(node, first)).toEqual([]);
    const changed = rules({ withoutEndpoints: [700] });
    expect((await writer.write({ IPv4: changed })).inputs).toHaveLength(1);
    expect(await remaining(node, changed)).toEqual([]);
    await writer.write({});
    const nothing = { ...first, tables: [] };
    expect(await remaining(node, nothing)).toEqual([]);
  });
});
