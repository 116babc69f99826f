import type { Service } from '../../../app/kubernetes/objects.ts';

/**
 * What the traffic view begins with for a Service, as its address has it: the first port, from outside by the
 * node port where there is one, else by the cluster IP from the node (clients outside have no route there).
 */
export function trafficTarget({ metadata, spec = {} }: Service): Record<string, string> {
  const { namespace = 'default', name = '' } = metadata ?? {};
  const [port, ...others] = spec.ports ?? [];
  const owner = namespace === 'default' ? name : `${namespace}/${name}`;
  const target = port && others.length > 0 ? `${owner}:${port.name || port.port}` : owner;
  return port?.nodePort ? { target: `${target}/nodePort`, from: 'client' } : { target, from: 'node' };
}
