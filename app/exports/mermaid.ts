/** The chain graph in Mermaid's flowchart syntax, for wikis and Markdown that draw it. */
import type { Ruleset } from '../ruleset/model.ts';
import { type ChainGraph, chainGraph, type GraphNode, shownConditions } from './chain-graph.ts';

/** Boxes by what they are: rounded for the kernel's hooks, square for chains, a flag for what becomes of a packet. */
const SHAPES: Readonly<Record<GraphNode['kind'], readonly [open: string, close: string]>> = {
  hook: ['([', '])'],
  chain: ['[', ']'],
  outcome: ['{{', '}}'],
};

export function printMermaid(rulesets: readonly Ruleset[]): string {
  return rulesets.map((ruleset) => printGraph(chainGraph(ruleset))).join('');
}

function printGraph(graph: ChainGraph): string {
  const ids = new Map(graph.nodes.map(({ id }, index) => [id, `n${index}`]));
  const tables = [...new Set(graph.nodes.map(({ table }) => table))];
  const lines = ['flowchart LR'];
  tables.forEach((table, index) => {
    lines.push(`  subgraph t${index} [${quoted(`table ${table}`)}]`);
    for (const node of graph.nodes) {
      if (node.table !== table) continue;
      const [open, close] = SHAPES[node.kind];
      const label = [node.label, ...(node.service === undefined ? [] : [node.service])];
      lines.push(`    ${ids.get(node.id)}${open}${quoted(...label)}${close}`);
    }
    lines.push('  end');
  });
  for (const edge of graph.edges) {
    const label = shownConditions(edge);
    const arrow = label.length === 0 ? '-->' : `-->|${quoted(...label)}|`;
    lines.push(`  ${ids.get(edge.from)} ${arrow} ${ids.get(edge.to)}`);
  }
  return `${lines.join('\n')}\n`;
}

/**
 * A label, a line each. All but letters, digits and harmless marks become character codes: neither Mermaid's
 * syntax nor HTML, which it renders labels as, gets to see them.
 */
function quoted(...lines: string[]): string {
  const escaped = lines.map((line) =>
    [...line]
      .map((character) => (HARMLESS.test(character) ? character : `#${character.codePointAt(0)};`))
      .join(''),
  );
  return `"${escaped.join('<br>')}"`;
}

const HARMLESS = /^[\p{L}\p{N} .,:/=!%_+*-]$/u;
