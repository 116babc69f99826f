/** The endpoints that rules of nftables lead to, whichever way their kube-proxy wrote them. */
import type { NftablesRule, NftablesTable, ServicePortName } from '../ruleset/model.ts';
import { serviceOfChain } from '../ruleset/nft-service-names.ts';

/** Endpoints that only one of two rules chooses from. */
export function endpointChanges(
  present: NftablesRule,
  wanted: NftablesRule,
): { kind: 'stale' | 'missing'; endpoint: string }[] {
  const before = destinations(present.expression);
  const after = destinations(wanted.expression);
  if (before.length === 0 || after.length === 0) return [];
  return [
    ...before
      .filter((endpoint) => !after.includes(endpoint))
      .map((endpoint) => ({ kind: 'stale' as const, endpoint })),
    ...after
      .filter((endpoint) => !before.includes(endpoint))
      .map((endpoint) => ({ kind: 'missing' as const, endpoint })),
  ];
}

/** `… map { 0 : 10.244.0.1 . 8080, … }` and `dnat to 10.244.0.1:8080` → `10.244.0.1:8080`. */
function destinations(expression: string): string[] {
  if (!/\bdnat\b/.test(expression)) return [];
  const mapped = [...expression.matchAll(/: ([0-9a-f.:]+) \. (\d+)/g)].map(([, address = '', port]) =>
    address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`,
  );
  const [, single] = /\bdnat to (\S+)$/.exec(expression) ?? [];
  return single === undefined ? mapped : [single];
}

/** `10.244.0.1:8080`, as often as rules lead there. */
export function destinationsOf(rules: readonly NftablesRule[]): string[] {
  return rules.flatMap(({ expression }) => destinations(expression));
}

/** The endpoints that each Service port should have. */
export class WantedEndpoints {
  readonly #known: ReadonlySet<string>;

  constructor({ chains }: NftablesTable) {
    this.#known = new Set(
      chains.flatMap(({ name, rules }) => {
        const service = serviceOfChain(name);
        return service ? destinationsOf(rules).map((endpoint) => keyOf(service, endpoint)) : [];
      }),
    );
  }

  has(service: ServicePortName, endpoint: string): boolean {
    return this.#known.has(keyOf(service, endpoint));
  }
}

function keyOf({ namespace, name, port, protocol }: ServicePortName, endpoint: string): string {
  return `${namespace}/${name}/${protocol}/${port} ${endpoint}`;
}
