import { classicServicePortNameString } from '../../app/proxy/chain-names.ts';
import { pinnedProxyPort } from '../../app/proxy/userspace/proxy-ports.ts';
import type { ServedServicePort } from '../userspace/protocol.ts';
import type { FamilyState } from './family-state.ts';

/**
 * What the userspace proxy serves of a family: every Service port it can relay, with its ready endpoints.
 * SCTP is left out: kube-proxy's userspace mode never spoke it.
 */
export function servedServicePorts(state: FamilyState): ServedServicePort[] {
  const served: ServedServicePort[] = [];
  for (const [key, info] of state.servicePorts) {
    if (info.protocol === 'SCTP') continue;
    const proxyPort = pinnedProxyPort(info);
    served.push({
      key: classicServicePortNameString(info.name),
      protocol: info.protocol,
      family: state.family,
      endpoints: (state.endpointsByPort.get(key) ?? [])
        .filter((endpoint) => endpoint.ready)
        .map((endpoint) => ({ ip: endpoint.address, port: endpoint.port })),
      ...(proxyPort === undefined ? {} : { proxyPort }),
      ...(info.sessionAffinity === 'ClientIP'
        ? { sessionAffinity: { timeoutSeconds: info.stickyMaxAgeSeconds } }
        : {}),
    });
  }
  return served;
}
