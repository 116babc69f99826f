/** Ways to a Service that do not lead there on this node, or lead to fewer pods than one would think. */
import type { Diagnosis } from '../contract/diagnosis.ts';
import { isExternallyAccessible } from '../kubernetes/defaults/service-defaults.ts';
import type { JsonObject } from '../kubernetes/json.ts';
import { objectKey, type Service, type ServicePort } from '../kubernetes/objects.ts';
import { passedOverInService } from '../proxy/passed-over.ts';
import type { EndpointBehind } from './endpoints-behind.ts';
import { isUsable } from './endpoints-behind.ts';
import type { EngineFacts } from './engine-facts.ts';

/** What the rules leave out of a Service, in this mode and dialect. */
export function diagnoseOmissions(service: Service, facts: EngineFacts): Diagnosis[] {
  const ports = service.spec?.ports ?? [];
  const found = [...unsupportedProtocols(ports, facts), ...unservedPorts(service, facts)];
  const told = new Set(found.map(({ field }) => field));
  const omitted = [
    ...passedOverInService(service).map(({ origin, reason }) => ({
      field: 'field' in origin ? origin.field : '',
      reason,
    })),
    ...(facts.omitted.get(objectKey(service)) ?? []),
  ];
  for (const { field, reason } of omitted) {
    // A port that nobody listens for makes no rules: that has been said already.
    const index = /^spec\.ports\[(\d+)\]\.port$/.exec(field)?.[1];
    if (told.has(field) || (index !== undefined && told.has(`spec.ports[${index}].nodePort`))) continue;
    found.push({ code: 'omitted', severity: 'warning', params: { reason }, field });
  }
  return found;
}

/** Later kube-proxies relayed as the first did: SCTP never. */
function unsupportedProtocols(ports: readonly ServicePort[], { mode }: EngineFacts): Diagnosis[] {
  if (mode !== 'userspace') return [];
  return ports.flatMap(({ port, protocol = 'TCP' }, index): Diagnosis[] =>
    protocol === 'SCTP'
      ? [
          {
            code: 'unsupported-protocol',
            severity: 'problem',
            params: { port, protocol, mode },
            field: `spec.ports[${index}].protocol`,
          },
        ]
      : [],
  );
}

function unservedPorts(service: Service, facts: EngineFacts): Diagnosis[] {
  return (facts.unserved.get(objectKey(service)) ?? []).flatMap(({ port: name, reason }): Diagnosis[] => {
    const ports = service.spec?.ports ?? [];
    const index = ports.findIndex((one) => (one.name ?? '') === name);
    const { port, nodePort } = ports[index] ?? {};
    if (port === undefined) return [];
    const severity = 'problem';
    if (!nodePort)
      return [{ code: 'omitted', severity, params: { reason }, field: `spec.ports[${index}].port` }];
    const field = `spec.ports[${index}].nodePort`;
    return [{ code: 'node-port-not-served', severity, params: { port, nodePort, reason }, field }];
  });
}

/** `Local` policies; userspace mode and the classic dialect know none, which their omissions say. */
export function diagnosePolicies(
  { spec = {} }: Service,
  endpoints: readonly EndpointBehind[],
  facts: EngineFacts,
): Diagnosis[] {
  if (facts.mode === 'userspace' || isClassic(facts)) return [];
  const usable = endpoints.filter(isUsable);
  if (usable.length === 0) return [];
  const isLocal = usable.some(({ nodeName }) => nodeName === facts.nodeName);
  const policies = [
    ...(spec.externalTrafficPolicy === 'Local' && isExternallyAccessible(spec as JsonObject)
      ? ['externalTrafficPolicy']
      : []),
    ...(spec.internalTrafficPolicy === 'Local' ? ['internalTrafficPolicy'] : []),
  ];
  return policies.map((policy) => ({
    code: isLocal ? 'local-policy' : 'local-without-local-endpoint',
    severity: isLocal ? 'note' : 'problem',
    params: { policy },
    field: `spec.${policy}`,
  }));
}

/** nftables mode has no classic dialect: its rules are today's. */
function isClassic({ mode, dialect }: EngineFacts): boolean {
  return dialect === 'classic' && mode !== 'nftables';
}

/** Node ports, load balancer addresses and who may use them. */
export function diagnoseAccess({ spec = {}, status }: Service, facts: EngineFacts): Diagnosis[] {
  const found: Diagnosis[] = [];
  const nodePorts = (spec.ports ?? []).flatMap(({ nodePort }, index) =>
    nodePort ? [{ nodePort, index }] : [],
  );
  const [first] = nodePorts;
  if (facts.mode === 'nftables' && first !== undefined) {
    found.push({
      code: 'node-port-unreachable-localhost',
      severity: 'note',
      params: { nodePort: nodePorts.map(({ nodePort }) => nodePort).join(', '), mode: facts.mode },
      field: `spec.ports[${first.index}].nodePort`,
    });
  }
  if (spec.type !== 'LoadBalancer') return found;
  if ((status?.loadBalancer?.ingress ?? []).length === 0) {
    const code = facts.loadBalancer === false ? 'load-balancer-off' : 'load-balancer-pending';
    found.push({ code, severity: 'warning', params: {}, field: 'spec.type' });
  }
  const ranges = spec.loadBalancerSourceRanges ?? [];
  if (ranges.length > 0 && facts.mode !== 'userspace' && !isClassic(facts)) {
    const params = { ranges: ranges.join(', ') };
    found.push({ code: 'source-ranges', severity: 'note', params, field: 'spec.loadBalancerSourceRanges' });
  }
  return found;
}
