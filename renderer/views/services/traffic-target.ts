import type { Service } from '../../../app/kubernetes/objects.ts';

/** What the traffic view begins with for a Service: its node port from outside where it has one, else its cluster IP. */
export function trafficTarget({ metadata, spec = {} }: Service): Record<string, string> {
  const [port] = spec.ports ?? [];
  const protocol: { protocol?: string } = port?.protocol === 'UDP' ? { protocol: 'udp' } : {};
  return { service: `${metadata?.namespace ?? 'default'}/${metadata?.name ?? ''}`, ...protocol };
}
