/**
 * A ruleset as a graph: chains, and the ways between them. What is drawn as Mermaid and SVG.
 *
 * The canaries and chains that nothing leads to and that lead nowhere are left out.
 */
import type {
  IptablesMatch,
  IptablesRule,
  IptablesRuleset,
  IptablesTarget,
  NftablesRule,
  NftablesRuleset,
  NftablesTable,
  Ruleset,
  ServicePortName,
} from '../ruleset/model.ts';

export interface ChainGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

export interface GraphNode {
  readonly id: string;
  /** `nat` or `filter`; in nftables mode the table's name. */
  readonly table: string;
  /** `hook`: where the kernel enters; `outcome`: what finally becomes of a packet. */
  readonly kind: 'hook' | 'chain' | 'outcome';
  /** The chain's name, or what becomes of the packet: `10.244.0.11:8080`, `DROP`. */
  readonly label: string;
  /** `namespace/name:port` of the Service port that the chain is for. */
  readonly service?: string;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** What packets take this way, each in a few words; none for all of them. */
  readonly conditions: readonly string[];
}

export function chainGraph(ruleset: Ruleset): ChainGraph {
  const builder = new GraphBuilder();
  if (ruleset.kind === 'iptables') addIptables(builder, ruleset);
  else addNftables(builder, ruleset);
  return builder.build();
}

class GraphBuilder {
  readonly #nodes = new Map<string, GraphNode>();
  readonly #edges = new Map<string, { from: string; to: string; conditions: string[] }>();

  addNode(node: GraphNode): void {
    const known = this.#nodes.get(node.id);
    if (known === undefined || (known.service === undefined && node.service !== undefined)) {
      this.#nodes.set(node.id, { ...known, ...node });
    }
  }

  connect(from: string, to: string, condition: string): void {
    const id = `${from}\n${to}`;
    const known = this.#edges.get(id) ?? { from, to, conditions: [] };
    this.#edges.set(id, known);
    if (condition !== '' && !known.conditions.includes(condition)) known.conditions.push(condition);
  }

  build(): ChainGraph {
    const edges = [...this.#edges.values()].filter(
      ({ from, to }) => this.#nodes.has(from) && this.#nodes.has(to),
    );
    const connected = new Set(edges.flatMap(({ from, to }) => [from, to]));
    return { nodes: [...this.#nodes.values()].filter(({ id }) => connected.has(id)), edges };
  }
}

// --- iptables -------------------------------------------------------------------------------------------------

function addIptables(builder: GraphBuilder, { tables }: IptablesRuleset): void {
  for (const { name: table, chains } of tables) {
    for (const { name, policy, rules } of chains) {
      const kind = policy === undefined ? 'chain' : 'hook';
      builder.addNode({ id: `${table} ${name}`, table, kind, label: name, ...serviceOf(name, rules) });
    }
    for (const { name, rules } of chains) {
      for (const rule of rules) addRule(builder, table, { chain: name, rule });
    }
  }
}

/** Chains of a Service port hold rules of that port alone; the shared ones hold many ports'. */
function serviceOf(chain: string, rules: readonly IptablesRule[]): { service?: string } {
  const service = /^KUBE-[A-Z]+-[A-Z2-7]{16}$/.test(chain) ? rules[0]?.service : undefined;
  return service === undefined ? {} : { service: printedName(service) };
}

function printedName({ namespace, name, port }: ServicePortName): string {
  return port === '' ? `${namespace}/${name}` : `${namespace}/${name}:${port}`;
}

function addRule(
  builder: GraphBuilder,
  table: string,
  { chain, rule }: { chain: string; rule: IptablesRule },
): void {
  const from = `${table} ${chain}`;
  const { target, matches } = rule;
  if (target === undefined) return;
  if (target.kind === 'jump' || target.kind === 'goto') {
    builder.connect(from, `${table} ${target.chain}`, conditionOf(matches));
    return;
  }
  const outcome = outcomeOf(target);
  if (outcome === undefined) return;
  const id = `${table} = ${outcome}`;
  builder.addNode({ id, table, kind: 'outcome', label: outcome });
  builder.connect(from, id, conditionOf(matches));
}

function outcomeOf(target: IptablesTarget): string | undefined {
  switch (target.kind) {
    case 'accept':
      return 'ACCEPT';
    case 'drop':
      return 'DROP';
    case 'reject':
      return 'REJECT';
    case 'masquerade':
      return 'MASQUERADE';
    case 'dnat':
      return target.destination;
    case 'redirect':
      return `proxy port ${target.port}`;
    case 'mark':
      return target.mask === 0 ? undefined : 'mark for masquerading';
    default:
      return undefined;
  }
}

function conditionOf(matches: readonly IptablesMatch[]): string {
  const port = matches.find((match) => match.kind === 'transport')?.destinationPort;
  const protocol = matches.find((match) => match.kind === 'protocol')?.protocol ?? '';
  const words = matches.flatMap((match) => conditionWords(match));
  if (port !== undefined) words.push(`${protocol}/${port}`);
  return words.join(', ');
}

function conditionWords(match: IptablesMatch): string[] {
  const not = 'negated' in match && match.negated ? 'not ' : '';
  switch (match.kind) {
    case 'source':
      return [`${not}from ${withoutHostMask(match.cidr)}`];
    case 'destination':
      return [`${not}to ${withoutHostMask(match.cidr)}`];
    case 'in-interface':
      return [`${not}in ${match.name}`];
    case 'out-interface':
      return [`${not}out ${match.name}`];
    case 'addrtype':
      return [`${not}${match.side === 'source' ? 'from' : 'to'} ${match.type.toLowerCase()}`];
    case 'statistic':
      return [`${Math.round(Number(match.probability) * 100)} %`];
    case 'recent':
      return match.action === 'rcheck' ? ['seen before'] : [];
    case 'conntrack':
    case 'state':
      return [`${not}${match.states.join('/').toLowerCase()}`];
    case 'mark':
      return [`${not}marked`];
    default:
      return [];
  }
}

function withoutHostMask(cidr: string): string {
  return cidr.replace(/\/(?:32|128)$/, '');
}

// --- nftables -------------------------------------------------------------------------------------------------

/** Verdicts are read from the expressions; a verdict map leads wherever its elements do. */
function addNftables(builder: GraphBuilder, { tables }: NftablesRuleset): void {
  for (const table of tables) {
    for (const { name, base, rules } of table.chains) {
      const kind = base ? 'hook' : 'chain';
      builder.addNode({
        id: `${table.name} ${name}`,
        table: table.name,
        kind,
        label: name,
        ...portOfChain(name, rules),
      });
    }
    const ways = new NftablesWays(builder, table);
    for (const { name, rules } of table.chains) {
      for (const { expression } of rules) ways.add(name, expression);
    }
  }
}

function portOfChain(chain: string, rules: readonly NftablesRule[]): { service?: string } {
  const service = /^[a-z]+-[A-Z2-7]{8}-/.test(chain) ? rules[0]?.service : undefined;
  return service === undefined ? {} : { service: printedName(service) };
}

/** The ways out of a table's chains, as their rules' expressions tell. */
class NftablesWays {
  readonly #builder: GraphBuilder;
  readonly #table: NftablesTable;

  constructor(builder: GraphBuilder, table: NftablesTable) {
    this.#builder = builder;
    this.#table = table;
  }

  add(chain: string, expression: string): void {
    const [, map] = /\bvmap @(\S+)$/.exec(expression) ?? [];
    const elements = this.#table.maps.find(({ name }) => name === map)?.elements;
    if (elements) {
      for (const { key, value = '' } of elements) this.#follow(chain, value, key.join(' '));
      return;
    }
    const [, kind, list] = /\b(vmap|map) \{ (.*) \}$/.exec(expression) ?? [];
    if (list !== undefined) {
      const values = list.split(', ').map((way) => way.replace(/^\S+ : /, ''));
      for (const value of values) {
        const condition = values.length === 1 ? '' : `1 of ${values.length}`;
        if (kind === 'vmap') this.#follow(chain, value, condition);
        else this.#end(chain, asDestination(value), condition);
      }
      return;
    }
    this.#addVerdict(chain, expression);
  }

  #addVerdict(chain: string, expression: string): void {
    const [, before = '', verdict] = /^(.*?)\b((?:goto|jump) \S+|drop|reject|accept)$/.exec(expression) ?? [];
    const [, dnat] = /\bdnat to (\S+)$/.exec(expression) ?? [];
    if (verdict !== undefined) this.#follow(chain, verdict, before.trim());
    else if (dnat !== undefined) this.#end(chain, dnat, '');
    else if (/\bmasquerade\b/.test(expression)) this.#end(chain, 'MASQUERADE', '');
    else if (/\bmeta mark set\b/.test(expression)) {
      this.#end(chain, 'mark for masquerading', expression.replace(/\s*meta mark set.*$/, ''));
    }
  }

  #follow(chain: string, verdict: string, condition: string): void {
    const [, next] = /^(?:goto|jump) (\S+)$/.exec(verdict) ?? [];
    if (next === undefined) this.#end(chain, verdict.toUpperCase(), condition);
    else this.#builder.connect(`${this.#table.name} ${chain}`, `${this.#table.name} ${next}`, condition);
  }

  #end(chain: string, label: string, condition: string): void {
    const table = this.#table.name;
    const id = `${table} = ${label}`;
    this.#builder.addNode({ id, table, kind: 'outcome', label });
    this.#builder.connect(`${table} ${chain}`, id, condition);
  }
}

/** `10.244.0.1 . 8080` → `10.244.0.1:8080`. */
function asDestination(value: string): string {
  const [address = '', port = ''] = value.split(' . ');
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

const MOST_CONDITIONS = 3;

/** What to write on an edge: the first few conditions, and how many more there are. */
export function shownConditions({ conditions }: GraphEdge): string[] {
  const more = conditions.length - MOST_CONDITIONS;
  return more > 0 ? [...conditions.slice(0, MOST_CONDITIONS), `… ${more} more`] : [...conditions];
}
