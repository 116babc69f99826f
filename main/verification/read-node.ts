/** A node's rules as they are, read without changing anything. */
import type { IPFamily } from '../../app/kubernetes/objects.ts';
import type { ProxyMode } from '../../app/proxy/configuration.ts';
import type { KernelSetting } from '../../app/proxy/kernel-settings.ts';
import { parseIptablesSave } from '../../app/ruleset/iptables-parse.ts';
import type { Ruleset } from '../../app/ruleset/model.ts';
import { parseNftables } from '../../app/ruleset/nft-parse.ts';
import type { Finding } from '../../app/verify/finding.ts';
import { parseSavedRules, type SavedRules } from '../../app/verify/saved-rules.ts';
import type { NodeCapabilities } from '../helper/node-protocol.ts';
import type { NodeTarget } from '../targets/node-target.ts';

const FAMILIES: readonly IPFamily[] = ['IPv4', 'IPv6'];

/** What the node holds of both kinds, and the mode: the one that is asked for, else what its rules are of. */
export async function readNode(
  target: Pick<NodeTarget, 'verbs'>,
  { iptables, ip6tables, nft }: NodeCapabilities,
  asked: ProxyMode | undefined,
): Promise<SavedRules> {
  const { verbs } = target;
  const has = { IPv4: iptables.available, IPv6: ip6tables.available };
  const both = async (
    read: (family: IPFamily) => Promise<string>,
    parse: (text: string, family: IPFamily) => Ruleset,
  ): Promise<SavedRules> => {
    const texts = await Promise.all(FAMILIES.map(read));
    const modes = texts.map((text, index) => parseSavedRules(text, FAMILIES[index]).mode);
    // A table that is not there is rules of this kind that are missing, not rules of none.
    const rulesets = FAMILIES.map((family, index) => parse(texts[index] ?? '', family));
    return { rulesets, mode: modes.find((mode) => mode !== undefined) };
  };
  const fromIptables = await both(
    async (family) => (has[family] ? verbs.readIptables({ family }) : ''),
    parseIptablesSave,
  );
  const fromNft = nft.available
    ? await both((family) => verbs.readNftables({ family }), parseNftables)
    : { rulesets: [], mode: undefined };
  const mode = asked ?? fromIptables.mode ?? fromNft.mode;
  return { rulesets: [...fromIptables.rulesets, ...fromNft.rulesets], mode };
}

/** @returns the findings about settings of the kernel that the mode needs. */
export async function readSettings(
  target: Pick<NodeTarget, 'verbs'>,
  wanted: readonly KernelSetting[],
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { name, value } of wanted) {
    const present = await target.verbs.readSysctl({ name });
    if (present === '' || present === value) continue;
    findings.push({
      kind: 'changed',
      family: 'IPv4',
      code: 'changed-setting',
      parameters: { name, value: present, wanted: value },
      rules: [],
    });
  }
  return findings;
}
