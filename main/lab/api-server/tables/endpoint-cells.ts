import type { Endpoint, EndpointPort } from '../../../../app/kubernetes/objects.ts';
import type { EndpointSubset } from '../resources/endpoints.ts';

/** kubectl shows this many addresses or ports and counts the rest. */
const shown = 3;

/** `192.168.125.2:80,192.168.125.3:80 + 1 more...`; `<none>` where there is no subset. */
export function formatSubsets(subsets: EndpointSubset[]): string {
  if (subsets.length === 0) return '<none>';
  const all = subsets.flatMap((subset) => {
    const addresses = (subset.addresses ?? []).map((address) => address.ip);
    if (!subset.ports?.length) return addresses;
    return subset.ports.flatMap((port) => addresses.map((ip) => hostPort(ip, port.port)));
  });
  return abbreviate(all);
}

export function formatEndpointPorts(ports: EndpointPort[]): string {
  return (
    abbreviate(ports.map(({ port, name }) => (port === undefined ? (name ?? '*') : String(port)))) ||
    '<unset>'
  );
}

export function formatEndpointAddresses(endpoints: Endpoint[]): string {
  return abbreviate(endpoints.flatMap((endpoint) => endpoint.addresses)) || '<unset>';
}

function abbreviate(items: string[]): string {
  const text = items.slice(0, shown).join(',');
  return items.length > shown ? `${text} + ${items.length - shown} more...` : text;
}

function hostPort(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}
