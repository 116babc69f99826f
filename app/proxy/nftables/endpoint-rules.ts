/** From a Service port's chain to one of its endpoints, and from there out with a new destination. */
import type { Origin } from '../../ruleset/origin.ts';
import type { EndpointInfo } from '../endpoints-map.ts';
import { type ServicePortInfo, serviceOrigin } from '../service-port.ts';
import { endpointNames, HAIRPIN_CONNECTIONS } from './chains.ts';
import type { NftablesContext } from './context.ts';
import { atRandom } from './expressions.ts';

/** A dynamic set's default, which nft prints. */
const AFFINITY_SET_SIZE = 65535;

/** Writes a service- or local- chain: the endpoint a client had before, else one of n at random. */
export function writePolicyChain(
  context: NftablesContext,
  info: ServicePortInfo,
  { chain, endpoints }: { chain: string; endpoints: readonly EndpointInfo[] },
): void {
  const service = info.name;
  const origin = endpointsOrigin(endpoints);
  if (info.sessionAffinity !== 'ClientIP') {
    const destinations = endpoints.map(({ address, port }) => `${address} . ${port}`);
    const expression = `${translate(info)} dnat ${context.ip} to ${atRandom('map', destinations)}`;
    context.table.append(chain, { expression, origin, service });
    return;
  }
  const names = endpoints.map((endpoint) => endpointNames(info, endpoint));
  for (const { chain: endpointChain, affinitySet } of names) {
    context.table.append(chain, {
      expression: `${context.ip} saddr @${affinitySet} goto ${endpointChain}`,
      origin: serviceOrigin(info, 'spec.sessionAffinity'),
      service,
    });
  }
  const chains = names.map(({ chain: endpointChain }) => `goto ${endpointChain}`);
  context.table.append(chain, { expression: atRandom('vmap', chains), origin, service });
}

/** With session affinity: a chain for each endpoint that notes the client, and the set it is noted in. */
export function writeAffinityChains(
  context: NftablesContext,
  info: ServicePortInfo,
  endpoints: readonly EndpointInfo[],
): void {
  const service = info.name;
  for (const endpoint of endpoints) {
    const { chain, affinitySet } = endpointNames(info, endpoint);
    context.table.addSet({
      name: affinitySet,
      type: context.addressType,
      size: AFFINITY_SET_SIZE,
      flags: ['dynamic', 'timeout'],
      timeout: info.stickyMaxAgeSeconds,
    });
    context.table.append(
      chain,
      {
        expression: `update @${affinitySet} { ${context.ip} saddr }`,
        origin: serviceOrigin(info, 'spec.sessionAffinity'),
        service,
      },
      { expression: `${translate(info)} dnat to ${endpoint.hostPort}`, origin: endpoint.origin, service },
    );
  }
}

/** A pod of this node that is sent to itself would answer itself directly, and wait for an answer from the Service. */
export function writeHairpinConnections(
  context: NftablesContext,
  info: ServicePortInfo,
  endpoints: readonly EndpointInfo[],
): void {
  for (const { address, port, isLocal, origin } of endpoints) {
    if (!isLocal) continue;
    const key = [address, address, info.protocol.toLowerCase(), String(port)];
    context.table.addElement(HAIRPIN_CONNECTIONS, { key, origin, service: info.name });
  }
}

function translate({ protocol }: ServicePortInfo): string {
  return `meta l4proto ${protocol.toLowerCase()}`;
}

/** One rule stands for all endpoints: it names the first one's slice. */
function endpointsOrigin([first]: readonly EndpointInfo[]): Origin {
  if (first === undefined) throw new Error('a chain needs endpoints');
  return { ...first.origin, field: 'endpoints' };
}
