/** What `nft monitor` prints, as far as it tells whether kube-proxy's rules were touched, and by whom. */

/** A transaction of the kernel's rulesets that touched what kube-proxy writes. */
export interface RulesetChange {
  /** The program that made it, as the kernel calls it (15 characters): `iptables-restor`, `nft`. */
  readonly program: string;
  /** Of that program, in the outermost pid namespace. */
  readonly pid: number;
}

const GENERATION = /^# new generation \d+ by process (\d+) \((.*)\)$/;
/** The kernel's buffer for events ran over: whatever happened is not told. */
const LOST = /lost some netlink events/i;
const EVENT = /^\S+ (table|chain|rule|set|map|element|flowtable) (ip6?) (\S+)(?: (\S+))?/;
const IPTABLES_TABLES: ReadonlySet<string> = new Set(['filter', 'nat', 'mangle', 'raw']);
/** kube-proxy's and the kubelet's chains, and the kernel's own, which jump to them. */
const TOUCHES = /^(?:KUBE-.*|PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING)$/;

export class RulesetEvents {
  #touched = false;
  #lines = 0;

  /** @returns the change that the line ends; undefined where it ends none, or one of foreign rules alone. */
  read(line: string): RulesetChange | 'lost' | undefined {
    if (LOST.test(line)) return 'lost';
    const [, pid, program] = GENERATION.exec(line) ?? [];
    if (pid === undefined) {
      this.#lines += 1;
      this.#touched ||= touchesKubeProxy(line);
      return undefined;
    }
    // nft prints nothing of elements of a set that it does not know (yet): then it may be anything.
    const touched = this.#touched || this.#lines === 0;
    this.#touched = false;
    this.#lines = 0;
    return touched ? { program: program ?? '', pid: Number(pid) } : undefined;
  }
}

function touchesKubeProxy(line: string): boolean {
  const [, kind, , table = '', name] = EVENT.exec(line) ?? [];
  if (table === 'kube-proxy') return true;
  return IPTABLES_TABLES.has(table) && (kind === 'table' || TOUCHES.test(name ?? ''));
}
