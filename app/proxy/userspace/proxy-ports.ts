/**
 * Which port the userspace proxy listens on for each Service port.
 *
 * kube-proxy takes one of `portRange`, or any the kernel gives it. Here a Service may pin its own, so that
 * rules can be compared with a book's; and rules made without a running proxy choose by name, so that two
 * renders of the same objects are equal.
 */
import type { Service } from '../../kubernetes/objects.ts';
import type { ProxyConfiguration } from '../configuration.ts';
import type { ServicePortInfo } from '../service-port.ts';
import { sha256 } from '../sha256.ts';

/** `"36463"` for a Service of one port; `"http=36463,dns=36464"` by port name. */
export const PROXY_PORT_ANNOTATION = 'kube-proxy-lab.dev/proxy-port';

/** Where Linux takes a free port from by default (net.ipv4.ip_local_port_range). */
const EPHEMERAL = { from: 32768, to: 60999 };

/** What the annotation asks for one port of a Service. */
interface PinnedPort {
  /** 0 where it asks nothing, or nothing that can be used. */
  readonly pinnedProxyPort: number;
  /** Why it, or a part of it, is of no use; told with each port of the Service. */
  readonly proxyPortProblem?: string;
}

const NOTHING_PINNED: PinnedPort = { pinnedProxyPort: 0 };

/** Reads the annotation for the port of that name. */
export function pinnedPortOf(service: Service, portName: string): PinnedPort {
  const text = service.metadata?.annotations?.[PROXY_PORT_ANNOTATION];
  if (text === undefined) return NOTHING_PINNED;
  const names = (service.spec?.ports ?? []).map(({ name }) => name ?? '');
  const { ports, problem } = parseProxyPortAnnotation(text, names);
  const pinnedProxyPort = ports.get(portName) ?? 0;
  return problem === undefined ? { pinnedProxyPort } : { pinnedProxyPort, proxyPortProblem: problem };
}

/**
 * @param portNames the names of the Service's ports, `''` for one without a name.
 * @returns what is pinned by port name, and the first thing that is wrong with the text; what is right counts
 * all the same.
 */
export function parseProxyPortAnnotation(
  text: string,
  portNames: readonly string[],
): { ports: Map<string, number>; problem?: string } {
  const ports = new Map<string, number>();
  const problems: string[] = [];
  for (const part of text.split(',')) {
    const separator = part.indexOf('=');
    const value = part.slice(separator + 1).trim();
    const name = separator < 0 ? onlyName(portNames) : part.slice(0, separator).trim();
    const port = asPort(value);
    if (port === 0) problems.push(`"${value}" is no port number from 1 to 65535`);
    else if (name === undefined) problems.push('the Service has several ports: write name=port for each');
    else if (!portNames.includes(name)) problems.push(`the Service has no port named "${name}"`);
    else if (ports.has(name)) problems.push(`port "${name}" is pinned twice`);
    else ports.set(name, port);
  }
  const [problem] = problems;
  return problem === undefined ? { ports } : { ports, problem };
}

function onlyName(portNames: readonly string[]): string | undefined {
  return portNames.length === 1 ? portNames[0] : undefined;
}

function asPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port <= 65535 ? port : 0;
}

/** The pinned proxy port of a Service port; undefined where none is pinned. */
export function pinnedProxyPort(info: ServicePortInfo): number | undefined {
  return info.pinnedProxyPort === 0 ? undefined : info.pinnedProxyPort;
}

/**
 * A port for each Service port, by key, without asking any kernel: the pinned ones, then by a hash of the
 * name, the next free one where two meet. A Service port whose pinned port another has, or for which the
 * range has none left, gets none.
 */
export function chosenProxyPorts(
  services: Iterable<ServicePortInfo>,
  configuration: ProxyConfiguration,
): Map<string, number> {
  const range = configuration.portRange ?? EPHEMERAL;
  const size = range.to - range.from + 1;
  const infos = [...services].sort((a, b) => (a.key < b.key ? -1 : 1));
  const chosen = new Map<string, number>();
  // TCP and UDP have ports of their own, but rules are read by people: one number, one Service port.
  const taken = new Set<number>();
  const pinned = new Set<string>();
  for (const { key, protocol, pinnedProxyPort: port } of infos) {
    if (port === 0 || pinned.has(`${protocol} ${port}`)) continue;
    pinned.add(`${protocol} ${port}`);
    chosen.set(key, port);
    taken.add(port);
  }
  for (const info of infos) {
    if (info.pinnedProxyPort !== 0) continue;
    const port = freeFrom(hashOf(info.key) % size, { first: range.from, size, taken });
    if (port === undefined) continue;
    chosen.set(info.key, port);
    taken.add(port);
  }
  return chosen;
}

function hashOf(text: string): number {
  const [a = 0, b = 0, c = 0] = sha256(text);
  return (a << 16) | (b << 8) | c;
}

function freeFrom(
  start: number,
  range: { first: number; size: number; taken: ReadonlySet<number> },
): number | undefined {
  for (let step = 0; step < range.size; step++) {
    const port = range.first + ((start + step) % range.size);
    if (!range.taken.has(port)) return port;
  }
  return undefined;
}
