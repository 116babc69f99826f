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

/** What the annotation says for one port of a Service; 0 where it says nothing, or nothing that can be used. */
export function pinnedPortOf(service: Service, portName: string): number {
  const text = service.metadata?.annotations?.[PROXY_PORT_ANNOTATION]?.trim() ?? '';
  if (text === '') return 0;
  if (!text.includes('=')) return (service.spec?.ports ?? []).length === 1 ? asPort(text) : 0;
  for (const part of text.split(',')) {
    const [name = '', value = ''] = part.split('=');
    if (name.trim() === portName) return asPort(value);
  }
  return 0;
}

function asPort(text: string): number {
  const port = /^\s*\d{1,5}\s*$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65535 ? port : 0;
}

/** The pinned proxy port of a Service port; undefined where none is pinned. */
export function pinnedProxyPort(info: ServicePortInfo): number | undefined {
  return info.pinnedProxyPort === 0 ? undefined : info.pinnedProxyPort;
}

/**
 * A port for each Service port, by key, without asking any kernel: the pinned ones, then by a hash of the
 * name, the next free one where two meet. Service ports beyond the range's size get none.
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
  for (const info of infos) {
    if (info.pinnedProxyPort === 0) continue;
    chosen.set(info.key, info.pinnedProxyPort);
    taken.add(info.pinnedProxyPort);
  }
  for (const info of infos) {
    if (chosen.has(info.key)) continue;
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
