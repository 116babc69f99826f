/** From a Service port's chain to one of its endpoints, and from there out with a new destination. */
import type { IptablesMatch, IptablesRule } from '../../ruleset/model.ts';
import type { EndpointInfo } from '../endpoints-map.ts';
import { hostBlock } from '../ip-address.ts';
import { type ServicePortInfo, serviceOrigin } from '../service-port.ts';
import { endpointChain, KUBE_MARK_MASQ } from './chains.ts';
import type { IptablesContext } from './context.ts';
import { anyPort, comment, jump, ofProtocol, toAny, wholeAddressMask } from './matches.ts';
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
  const rules: IptablesRule[] = [];
  const about = (endpoint: EndpointInfo): readonly IptablesMatch[] =>
    context.largeCluster ? NOTHING : [comment(`${info.nameString} -> ${endpoint.hostPort}`)];
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
      rules.push({ matches: [...about(endpoint), recent], target: jump(list), origin, service });
    }
  }
  endpoints.forEach((endpoint, index) => {
    const note = about(endpoint);
    const share = oneOf(endpoints.length - index);
    rules.push({
      matches: note === NOTHING ? share : [...note, ...share],
      target: jump(endpointChain(info, endpoint)),
      origin: endpoint.origin,
      service,
    });
  });
  context.nat.append(chain, ...rules);
}

const NOTHING: readonly IptablesMatch[] = [];

// Services of equally many endpoints ask the same: in a large cluster, one list stands for ten thousand.
const shares: (readonly IptablesMatch[])[] = [];

/** True in one of n cases; the last of a chain's endpoints takes all that is left. */
function oneOf(n: number): readonly IptablesMatch[] {
  if (n === 1) return NOTHING;
  shares[n] ??= [{ kind: 'statistic', probability: probability(n, PROBABILITY_DECIMALS) }];
  return shares[n];
}

/** The KUBE-SEP chain of each endpoint that anything on this node may reach. */
export function writeEndpointChains(
  context: IptablesContext,
  info: ServicePortInfo,
  endpoints: readonly EndpointInfo[],
): void {
  const service = info.name;
  const note = context.largeCluster ? NOTHING : [comment(info.nameString)];
  const all = context.largeCluster && info.sessionAffinity === 'None' ? toAny(info.protocol) : undefined;
  for (const endpoint of endpoints) {
    const { address, hostPort, origin } = endpoint;
    const chain = endpointChain(info, endpoint);
    const affinity: IptablesMatch[] =
      info.sessionAffinity === 'ClientIP'
        ? [{ kind: 'recent', action: 'set', list: chain, mask: wholeAddressMask(context.family) }]
        : [];
    context.nat.addWhole(
      chain,
      // A pod that is sent to itself would answer itself directly, and wait for an answer from the Service.
      {
        matches: [{ kind: 'source', cidr: hostBlock(address) }, ...note],
        target: jump(KUBE_MARK_MASQ),
        origin,
        service,
      },
      {
        matches: all ?? [ofProtocol(info.protocol), ...note, ...affinity, anyPort(info.protocol)],
        target: { kind: 'dnat', destination: hostPort },
        origin,
        service,
      },
    );
  }
}
