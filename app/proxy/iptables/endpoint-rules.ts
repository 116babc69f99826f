/** From a Service port's chain to one of its endpoints, and from there out with a new destination. */
import type { IptablesMatch } from '../../ruleset/model.ts';
import type { EndpointInfo } from '../endpoints-map.ts';
import { hostBlock } from '../ip-address.ts';
import { type ServicePortInfo, serviceOrigin } from '../service-port.ts';
import { endpointChain, KUBE_MARK_MASQ } from './chains.ts';
import type { IptablesContext } from './context.ts';
import { anyPort, comment, jump, ofProtocol, wholeAddressMask } from './matches.ts';
import { probability } from './probability.ts';

/** kube-proxy writes a share with ten decimals. */
const PROBABILITY_DECIMALS = 10;

/** Appends to a KUBE-SVC or KUBE-SVL chain: the endpoint a client had before, else one of n at random. */
export function writePolicyChain(
  context: IptablesContext,
  info: ServicePortInfo,
  { chain, endpoints }: { chain: string; endpoints: readonly EndpointInfo[] },
): void {
  const service = info.name;
  const about = (endpoint: EndpointInfo): IptablesMatch[] =>
    serviceComment(context, `${info.nameString} -> ${endpoint.hostPort}`);
  if (info.sessionAffinity === 'ClientIP') {
    const origin = serviceOrigin(info, 'spec.sessionAffinity');
    for (const endpoint of endpoints) {
      const list = endpointChain(info, endpoint);
      const recent: IptablesMatch = {
        kind: 'recent',
        action: 'rcheck',
        seconds: info.stickyMaxAgeSeconds,
        reap: true,
        list,
        mask: wholeAddressMask(context.family),
      };
      context.nat.append(chain, {
        matches: [...about(endpoint), recent],
        target: jump(list),
        origin,
        service,
      });
    }
  }
  endpoints.forEach((endpoint, index) => {
    const left = endpoints.length - index;
    const share: IptablesMatch[] =
      left > 1 ? [{ kind: 'statistic', probability: probability(left, PROBABILITY_DECIMALS) }] : [];
    context.nat.append(chain, {
      matches: [...about(endpoint), ...share],
      target: jump(endpointChain(info, endpoint)),
      origin: endpoint.origin,
      service,
    });
  });
}

/** The KUBE-SEP chain of each endpoint that anything on this node may reach. */
export function writeEndpointChains(
  context: IptablesContext,
  info: ServicePortInfo,
  endpoints: readonly EndpointInfo[],
): void {
  const service = info.name;
  const note = serviceComment(context, info.nameString);
  for (const endpoint of endpoints) {
    const { address, hostPort, origin } = endpoint;
    const chain = endpointChain(info, endpoint);
    const affinity: IptablesMatch[] =
      info.sessionAffinity === 'ClientIP'
        ? [{ kind: 'recent', action: 'set', list: chain, mask: wholeAddressMask(context.family) }]
        : [];
    context.nat.append(
      chain,
      // A pod that is sent to itself would answer itself directly, and wait for an answer from the Service.
      {
        matches: [{ kind: 'source', cidr: hostBlock(address) }, ...note],
        target: jump(KUBE_MARK_MASQ),
        origin,
        service,
      },
      {
        matches: [ofProtocol(info.protocol), ...note, ...affinity, anyPort(info.protocol)],
        target: { kind: 'dnat', destination: hostPort },
        origin,
        service,
      },
    );
  }
}

function serviceComment(context: IptablesContext, text: string): IptablesMatch[] {
  return context.largeCluster ? [] : [comment(text)];
}
