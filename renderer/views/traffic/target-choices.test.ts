import { expect, it } from 'vitest';
import type { Service } from '../../../app/kubernetes/objects.ts';
import { parseTarget, resolveTarget } from '../../../app/probe/target.ts';
import { likelyTarget, targetChoices } from './target-choices.ts';

const node = { ipv4: '10.0.0.5', ipv6: 'fd00:10::5' };
const service = (spec: Service['spec'], metadata: Service['metadata'] = { name: 'web' }): Service => ({
  metadata: { namespace: 'default', ...metadata },
  spec: { clusterIP: '10.254.0.7', ports: [{ port: 80, nodePort: 30080 }], ...spec },
});
const seen = (of: Service): string[] =>
  targetChoices(of, node).map(({ target, address, protocol }) => `${target} ${address}/${protocol}`);

// biome-ignore format: one case a line
const cases: { of: string; service: Service; choices: string[] }[] = [
  { of: 'a node port', service: service({}), choices: ['web/clusterIP 10.254.0.7:80/TCP', 'web/nodePort 10.0.0.5:30080/TCP', 'web/localhost 127.0.0.1:30080/TCP'] },
  { of: 'a cluster IP alone', service: service({ ports: [{ port: 53, protocol: 'UDP' }] }), choices: ['web/clusterIP 10.254.0.7:53/UDP'] },
  { of: 'IPv6', service: service({ clusterIP: 'fd00:10:254::7' }), choices: ['web/clusterIP [fd00:10:254::7]:80/TCP', 'web/nodePort [fd00:10::5]:30080/TCP', 'web/localhost [::1]:30080/TCP'] },
  { of: 'several ports, by name or number', service: service({ ports: [{ name: 'http', port: 80 }, { port: 81 }] }, { name: 'web', namespace: 'shop' }), choices: ['shop/web:http/clusterIP 10.254.0.7:80/TCP', 'shop/web:81/clusterIP 10.254.0.7:81/TCP'] },
  { of: 'an external IP', service: service({ externalIPs: ['10.0.0.77'], ports: [{ port: 80 }] }), choices: ['web/clusterIP 10.254.0.7:80/TCP', 'web/externalIP 10.0.0.77:80/TCP'] },
  { of: 'a load balancer', service: { ...service({ ports: [{ port: 80 }] }), status: { loadBalancer: { ingress: [{ ip: '10.0.0.100' }] } } }, choices: ['web/clusterIP 10.254.0.7:80/TCP', 'web/loadBalancer 10.0.0.100:80/TCP'] },
  { of: 'a headless Service', service: service({ clusterIP: 'None' }), choices: [] },
  { of: 'an ExternalName', service: service({ type: 'ExternalName', externalName: 'a.example' }), choices: [] },
];

it.each(cases)('of $of are $choices', ({ service: of, choices }) => {
  expect(seen(of)).toEqual(choices);
});

it.each(cases)('of $of are where the lab finds them', ({ service: of }) => {
  for (const { target, address } of targetChoices(of, node)) {
    const found = resolveTarget(parseTarget(target), {
      services: [of],
      nodeAddresses: [node.ipv4, node.ipv6],
    });
    expect(address).toBe(
      found.address.includes(':') ? `[${found.address}]:${found.port}` : `${found.address}:${found.port}`,
    );
  }
});

// biome-ignore format: one case a line
const likely: { of: string; services: Service[]; target: string | undefined }[] = [
  { of: 'the node port of a Service that selects pods', services: [service({}, { name: 'kubernetes' }), service({ selector: { app: 'a' }, ports: [{ port: 80 }] }, { name: 'a' }), service({ selector: { app: 'b' } }, { name: 'b' })], target: 'b/nodePort' },
  { of: 'its cluster IP where no Service has a node port', services: [service({ selector: { app: 'a' }, ports: [{ port: 80 }] }, { name: 'a' })], target: 'a/clusterIP' },
  { of: 'a node port where no Service selects pods', services: [service({ ports: [{ port: 80 }] }, { name: 'a' }), service({}, { name: 'b' })], target: 'b/nodePort' },
  { of: 'nothing where there is neither', services: [service({ ports: [{ port: 80 }] })], target: undefined },
];

it.each(likely)('a form begins with $of', ({ services, target }) => {
  expect(likelyTarget(services, node)).toBe(target);
});
