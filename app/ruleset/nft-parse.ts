/** Reads what `nft list` prints, as text or as JSON (`nft -j`), back into the model. */
import type { IPFamily } from '../kubernetes/objects.ts';
import type { NftablesRuleset, NftablesTable } from './model.ts';
import { parseNftJson } from './nft-parse-json.ts';
import { parseNftList } from './nft-parse-list.ts';

/** The tables that packets of a family pass; `inet` tables see both families. */
const TABLE_FAMILIES: Readonly<Record<IPFamily, readonly NftablesTable['family'][]>> = {
  IPv4: ['ip', 'inet'],
  IPv6: ['ip6', 'inet'],
};

/**
 * Parses `nft list ruleset`, `nft list table …`, or the JSON that `nft -j` makes of either; no text at all for
 * no tables. Tables of others are read like ours; what the model has no word for is kept as it is.
 *
 * The JSON of nft 1.0 tells less: no comments of tables and chains, and not that a set is dynamic.
 *
 * @throws NftParseError when the text is neither.
 */
export function parseNftables(text: string, family: IPFamily): NftablesRuleset {
  const all = text.trimStart().startsWith('{') ? parseNftJson(text) : parseNftList(text);
  const tables = all.filter((table) => TABLE_FAMILIES[family].includes(table.family));
  return { kind: 'nftables', family, tables, omissions: [] };
}
