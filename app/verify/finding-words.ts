/** Findings in English, one clause each: `stale endpoint 10.244.0.7:8080`. The window has words of its own. */
import type { ChainPurpose, Finding, FindingCode, FindingMatter, FindingParameters } from './finding.ts';

const PURPOSES: Record<ChainPurpose, string> = {
  endpoints: 'endpoint choosing chain',
  external: 'external chain',
  'source-ranges': 'source range chain',
};

function chainWords({ chain, purpose }: FindingParameters['missing-chain']): string {
  return `${purpose ? PURPOSES[purpose] : 'chain'} ${chain}`;
}

const WORDS: { readonly [Code in FindingCode]: (parameters: FindingParameters[Code]) => string } = {
  'missing-endpoint': ({ endpoint }) => `missing endpoint ${endpoint}`,
  'stale-endpoint': ({ endpoint }) => `stale endpoint ${endpoint}`,
  'missing-chain': (chain) => `missing ${chainWords(chain)}`,
  'stale-chain': (chain) => `stale ${chainWords(chain)}`,
  'foreign-chain': ({ chain }) => `foreign chain ${chain}`,
  'missing-rule': ({ chain }) => `missing rule in ${chain}`,
  'stale-rule': ({ chain }) => `stale rule in ${chain}`,
  'foreign-rule': ({ chain }) => `foreign rule in ${chain}`,
  'missing-jump': ({ chain, to }) => `missing rule in ${chain} to ${to}`,
  'stale-jump': ({ chain, to }) => `stale rule in ${chain} to ${to}`,
  'doubled-rule': ({ chain }) => `a rule of ${chain} is there twice`,
  'changed-rule': ({ chain }) => `rule in ${chain} changed by hand`,
  'commented-rule': ({ chain }) => `rule in ${chain} with another comment`,
  'earlier-rule': ({ chain }) => `rule in ${chain} as an earlier kube-proxy wrote it`,
  'reordered-rules': ({ chain }) => `the rules of ${chain} are in another order`,
  'missing-table': ({ table }) => `missing table ${table}: no rules of kube-proxy's at all`,
  'dormant-table': ({ table }) => `table ${table} is switched off (dormant)`,
  'unhooked-chain': ({ chain }) => `${chain} is not called by the kernel any more`,
  'hooked-chain': ({ chain, hook }) => `${chain} is called by the kernel, at hook ${hook}`,
  'moved-hook': ({ chain, hook, priority, wanted }) =>
    `${chain} is called at priority ${priority} of hook ${hook} instead of ${wanted}`,
  'changed-policy': ({ chain, policy, wanted }) => `${chain} has policy ${policy} instead of ${wanted}`,
  'missing-set': ({ set }) => `missing set ${set}`,
  'stale-set': ({ set }) => `stale set ${set}`,
  'foreign-set': ({ set }) => `foreign set ${set}`,
  'missing-element': ({ set, element }) => `${set}: missing ${element}`,
  'stale-element': ({ set, element }) => `${set}: stale ${element}`,
  'changed-element': ({ set, element }) => `${set}: ${element} leads elsewhere`,
  'changed-setting': ({ name, value, wanted }) => `${name} is ${value} instead of ${wanted}`,
};

export const findingCodes = Object.keys(WORDS) as [FindingCode, ...FindingCode[]];

export function findingWords(finding: FindingMatter & Pick<Finding, 'earlier'>): string {
  const words = wordsOf(finding.code, finding.parameters);
  return finding.earlier ? `${words}, of an earlier kube-proxy` : words;
}

/** Which parameters belong to a code, `FindingMatter` says. */
function wordsOf<Code extends FindingCode>(code: Code, parameters: unknown): string {
  return WORDS[code](parameters as FindingParameters[Code]);
}
