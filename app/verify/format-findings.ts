import type { Finding, FoundRule } from './finding.ts';
import { findingWords } from './finding-words.ts';
import { describeRunningProxy, type RunningProxy } from './running-proxy.ts';

export interface VerificationReport {
  readonly same: boolean;
  readonly mode: string;
  readonly node: string;
  /** How many rules, and elements of sets and maps, there should be. */
  readonly rules: number;
  /** Where the configuration that it was compared with comes from; absent where a file gave it. */
  readonly comparedWith?: Pick<RunningProxy, 'source' | 'version' | 'notes'>;
  readonly findings: readonly Finding[];
}

/** For people: by Service, in words, each rule on a line of its own; `-` is on the node, `+` should be. */
export function formatFindings(report: VerificationReport): string {
  const { same, mode, node, rules, findings, comparedWith } = report;
  const by = comparedWith ? `configured by ${describeRunningProxy(comparedWith)}\n` : '';
  if (same) return `as it should be: all ${rules} rules of ${mode} mode on ${node}, and none besides\n${by}`;
  const count = findings.length === 1 ? '1 difference' : `${findings.length} differences`;
  const lines = [`${count} from what kube-proxy writes in ${mode} mode on ${node}`];
  let heading: string | undefined;
  for (const finding of findings) {
    const next = `${finding.service ?? 'of no Service'} (${finding.family})`;
    if (next !== heading) lines.push('', finding.service === undefined ? next : `Service ${next}`);
    heading = next;
    lines.push(`  ${findingWords(finding)}`, ...finding.rules.map(ruleLine));
  }
  return `${lines.join('\n')}\n${by && `\n${by}`}`;
}

function ruleLine({ table, chain, side, text, because }: FoundRule): string {
  const why = because === undefined ? '' : `    # ${because}`;
  return `    ${side === 'present' ? '-' : '+'} ${table} ${chain}: ${text}${why}`;
}
