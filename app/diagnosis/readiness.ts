/** Whether anybody is there to answer: a Service's selector, its pods, its endpoints. */
import type { Diagnosis } from '../contract/diagnosis.ts';
import type { Service } from '../kubernetes/objects.ts';
import type { EndpointBehind } from './endpoints-behind.ts';
import { hasSelector, type PodState, selectorText } from './pods-behind.ts';

export interface Behind {
  /** Of the pods that the selector matches; `ended` ones are left out. */
  readonly pods: readonly PodState[];
  readonly endpoints: readonly EndpointBehind[];
}

export function diagnoseReadiness(service: Service, behind: Behind): Diagnosis[] {
  return hasSelector(service) ? readinessOfPods(service, behind) : readinessOfEndpoints(service, behind);
}

function readinessOfPods(service: Service, { pods, endpoints }: Behind): Diagnosis[] {
  if (pods.length === 0) {
    // Somebody may have made a slice by hand: the Service then works, though not by its selector.
    const severity = endpoints.some(({ ready }) => ready) ? 'warning' : 'problem';
    const params = { selector: selectorText(service) };
    return [{ code: 'selector-matches-nothing', severity, params, field: 'spec.selector' }];
  }
  const count = (...states: PodState[]): number => pods.filter((state) => states.includes(state)).length;
  const served = service.spec?.publishNotReadyAddresses ? count('ready', 'notReady') : count('ready');
  const counts = { ready: served, terminating: count('terminating'), all: pods.length };
  return readiness(counts, endpoints);
}

function readinessOfEndpoints(service: Service, { endpoints }: Behind): Diagnosis[] {
  if (endpoints.length === 0) {
    // The API server's own Service: the server sees to its endpoints, and in a lab there are none to reach.
    const severity = isApiServers(service) ? 'note' : 'problem';
    return [{ code: 'no-selector', severity, params: {}, field: 'spec.selector' }];
  }
  const terminating = endpoints.filter((endpoint) => endpoint.terminating).length;
  const ready = endpoints.filter((endpoint) => endpoint.ready && !endpoint.terminating).length;
  return readiness({ ready, terminating, all: endpoints.length }, endpoints);
}

function isApiServers({ metadata }: Service): boolean {
  return metadata?.namespace === 'default' && metadata.name === 'kubernetes';
}

function readiness(
  { ready, terminating, all }: { ready: number; terminating: number; all: number },
  endpoints: readonly EndpointBehind[],
): Diagnosis[] {
  const notReady = all - ready - terminating;
  if (ready > 0) {
    if (notReady === 0) return [];
    return [{ code: 'pods-partly-ready', severity: 'warning', params: { ready, pods: ready + notReady } }];
  }
  const ending = endpoints.filter((endpoint) => endpoint.serving && endpoint.terminating).length;
  if (ending > 0) return [{ code: 'serving-terminating', severity: 'warning', params: { pods: ending } }];
  return [{ code: 'no-ready-pod', severity: 'problem', params: { pods: all, notReady, terminating } }];
}
