/** The chain graph as a picture: SVG that needs nothing else, and is read in light and in dark. */
import dagre from '@dagrejs/dagre';
import type { Ruleset } from '../ruleset/model.ts';
import {
  type ChainGraph,
  chainGraph,
  type GraphEdge,
  type GraphNode,
  shownConditions,
} from './chain-graph.ts';
import { ExportError } from './export-error.ts';
import { escapeMarkup } from './markup.ts';

/** Above it, laying out takes minutes and nobody finds anything in the picture. */
const MOST_NODES = 600;

// Widths of a monospaced font, whose exact metrics the reader's system decides.
const CHARACTER = 7.3;
const EDGE_CHARACTER = 6.1;
const LINE = 16;
const PADDING = 10;
const MARGIN = 24;
const TITLE = 40;

interface Point {
  readonly x: number;
  readonly y: number;
}

interface PlacedNode extends Point {
  readonly node: GraphNode;
  readonly lines: readonly string[];
  readonly width: number;
  readonly height: number;
}

interface PlacedEdge {
  readonly points: readonly Point[];
  readonly label?: Point & { readonly lines: readonly string[] };
}

interface Picture {
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
  readonly width: number;
  readonly height: number;
}

/** @throws ExportError for a graph that is too large to be looked at. */
export function printSvg(rulesets: readonly Ruleset[], title: string): string {
  const [ruleset] = rulesets;
  if (ruleset === undefined) throw new ExportError('there are no rules to draw');
  const graph = chainGraph(ruleset);
  if (graph.nodes.length > MOST_NODES) {
    throw new ExportError(
      `the graph has ${graph.nodes.length} chains and endpoints, and a picture holds ${MOST_NODES}: choose fewer Services, or another format`,
    );
  }
  return print(layOut(graph), `${title}, ${ruleset.family}`);
}

function layOut(graph: ChainGraph): Picture {
  const layout = new dagre.graphlib.Graph({ multigraph: false });
  layout.setGraph({ rankdir: 'LR', nodesep: 14, ranksep: 60, edgesep: 10, marginx: MARGIN, marginy: MARGIN });
  layout.setDefaultEdgeLabel(() => ({}));
  for (const node of graph.nodes) {
    const lines = nodeLines(node);
    layout.setNode(node.id, {
      width: Math.max(...lines.map((line) => line.length)) * CHARACTER + 2 * PADDING,
      height: lines.length * LINE + PADDING,
    });
  }
  for (const edge of graph.edges) {
    const lines = shownConditions(edge);
    const width = Math.max(0, ...lines.map((line) => line.length)) * EDGE_CHARACTER;
    layout.setEdge(edge.from, edge.to, { width, height: lines.length * LINE, labelpos: 'c' });
  }
  dagre.layout(layout);
  const { width = 0, height = 0 } = layout.graph() as { width?: number; height?: number };
  return {
    width,
    height: height + TITLE,
    nodes: graph.nodes.map((node) => {
      const { x, y, width: w, height: h } = layout.node(node.id) as Point & { width: number; height: number };
      return { node, lines: nodeLines(node), x, y: y + TITLE, width: w, height: h };
    }),
    edges: graph.edges.map((edge) => placedEdge(edge, layout.edge(edge.from, edge.to))),
  };
}

function placedEdge(edge: GraphEdge, placed: unknown): PlacedEdge {
  const { points = [], x, y } = placed as { points?: Point[]; x?: number; y?: number };
  const lines = shownConditions(edge);
  const moved = points.map((point) => ({ x: point.x, y: point.y + TITLE }));
  return lines.length === 0 || x === undefined || y === undefined
    ? { points: moved }
    : { points: moved, label: { x, y: y + TITLE, lines } };
}

function nodeLines({ label, service, table, kind }: GraphNode): string[] {
  const where = kind === 'hook' ? [`table ${table}`] : [];
  return [label, ...where, ...(service === undefined ? [] : [service])];
}

// Both schemes keep a contrast of 4.5:1 and more for all text.
const STYLE = `
svg { color-scheme: light dark; --paper: #ffffff; --ink: #1b1f24; --soft: #57606a; --line: #8c959f;
  --hook: #ddf4ff; --chain: #f6f8fa; --outcome: #dafbe1; }
@media (prefers-color-scheme: dark) {
  svg { --paper: #0d1117; --ink: #e6edf3; --soft: #9da7b1; --line: #6e7681;
    --hook: #0c2d4d; --chain: #161b22; --outcome: #12361f; }
}
.paper { fill: var(--paper); }
.node rect { stroke: var(--line); }
.hook rect { fill: var(--hook); } .chain rect { fill: var(--chain); } .outcome rect { fill: var(--outcome); }
text { font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: var(--ink); text-anchor: middle; }
.edge text { font-size: 10px; fill: var(--soft); }
.edge path { fill: none; stroke: var(--line); stroke-width: 1.2px; }
.title { font-size: 14px; text-anchor: start; }
marker path { fill: var(--line); }
`;

function print({ nodes, edges, width, height }: Picture, title: string): string {
  const size = `${Math.ceil(width)} ${Math.ceil(height)}`;
  const [w, h] = size.split(' ');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${size}" role="img" aria-labelledby="title">`,
    `<title id="title">${escapeMarkup(title)}</title>`,
    `<style>${STYLE}</style>`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>',
    '<rect class="paper" width="100%" height="100%"/>',
    `<text class="title" x="${MARGIN}" y="${MARGIN}">${escapeMarkup(title)}</text>`,
    ...edges.map(printEdge),
    ...nodes.map(printNode),
    '</svg>',
    '',
  ].join('\n');
}

function printNode({ node, lines, x, y, width, height }: PlacedNode): string {
  const rect = `<rect x="${round(x - width / 2)}" y="${round(y - height / 2)}" width="${round(width)}" height="${round(height)}" rx="${node.kind === 'chain' ? 3 : 10}"/>`;
  return `<g class="node ${node.kind}">${rect}${printLines(lines, { x, y })}</g>`;
}

function printEdge({ points, label }: PlacedEdge): string {
  const path = points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join(' ');
  const text = label ? labelBackground(label) + printLines(label.lines, label) : '';
  return `<g class="edge"><path d="${path}" marker-end="url(#arrow)"/>${text}</g>`;
}

/** Keeps the edge itself from striking its label through. */
function labelBackground({ x, y, lines }: Point & { lines: readonly string[] }): string {
  const width = Math.max(...lines.map((line) => line.length)) * EDGE_CHARACTER;
  const height = lines.length * LINE;
  return `<rect class="paper" x="${round(x - width / 2)}" y="${round(y - height / 2)}" width="${round(width)}" height="${round(height)}"/>`;
}

/** Centred on a point. */
function printLines(lines: readonly string[], { x, y }: Point): string {
  const first = y - ((lines.length - 1) * LINE) / 2 + 4;
  return lines
    .map(
      (line, index) =>
        `<text x="${round(x)}" y="${round(first + index * LINE)}">${escapeMarkup(line)}</text>`,
    )
    .join('');
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}
