/**
 * What is wrong with a Service, or worth knowing of it: why nobody answers, why only some do, what the proxy
 * leaves out. Pure, of the cluster's objects and what the engine knows; the words are in message files.
 */
import { type Diagnosis, diagnosisCodes } from '../contract/diagnosis.ts';
import type { Service } from '../kubernetes/objects.ts';
import type { ClusterIndex } from './cluster-index.ts';
import { endpointsBehind } from './endpoints-behind.ts';
import type { EngineFacts } from './engine-facts.ts';
import { diagnoseAccess, diagnoseOmissions, diagnosePolicies } from './exposure.ts';
import { podState } from './pods-behind.ts';
import { diagnoseReadiness } from './readiness.ts';
import { diagnoseTargetPorts } from './target-ports.ts';

const PROXY_NAME_LABEL = 'service.kubernetes.io/service-proxy-name';

/** Seconds for which a client stays with its pod where the Service does not say (the API's default). */
const AFFINITY_SECONDS = 10_800;

/** Worst first; of equal ones in the order of the contract's list, then of the Service's ports. */
export function diagnose(service: Service, cluster: ClusterIndex, facts: EngineFacts): Diagnosis[] {
  return findings(service, cluster, facts)
    .map((diagnosis, index) => ({ diagnosis, index }))
    .sort(
      (left, right) =>
        severityRank(left.diagnosis) - severityRank(right.diagnosis) ||
        codeRank(left.diagnosis) - codeRank(right.diagnosis) ||
        left.index - right.index,
    )
    .map(({ diagnosis }) => diagnosis);
}

function severityRank({ severity }: Diagnosis): number {
  return ['problem', 'warning', 'note'].indexOf(severity);
}

function codeRank({ code }: Diagnosis): number {
  return diagnosisCodes.indexOf(code);
}

function findings(service: Service, cluster: ClusterIndex, facts: EngineFacts): Diagnosis[] {
  const { spec = {}, metadata } = service;
  // DNS answers with another name: there are neither pods nor rules.
  if (spec.type === 'ExternalName') {
    const params = { externalName: spec.externalName ?? '' };
    return [{ code: 'external-name', severity: 'note', params, field: 'spec.externalName' }];
  }
  const pods = cluster.podsOf(service).filter((pod) => podState(pod) !== 'ended');
  const endpoints = endpointsBehind(cluster.slicesOf(service));
  const found = diagnoseReadiness(service, { pods: pods.map(podState), endpoints });
  if (spec.publishNotReadyAddresses) {
    found.push({
      code: 'publish-not-ready',
      severity: 'note',
      params: {},
      field: 'spec.publishNotReadyAddresses',
    });
  }
  if (spec.clusterIP === 'None') {
    return [...found, { code: 'headless', severity: 'note', params: {}, field: 'spec.clusterIP' }];
  }
  found.push(
    ...diagnoseTargetPorts(
      spec.ports ?? [],
      pods.filter((pod) => podState(pod) !== 'terminating'),
    ),
  );
  const proxy = metadata?.labels?.[PROXY_NAME_LABEL];
  if (proxy !== undefined) {
    return [
      ...found,
      { code: 'other-proxy', severity: 'warning', params: { proxy }, field: 'metadata.labels' },
    ];
  }
  return [
    ...found,
    ...diagnoseOmissions(service, facts),
    ...diagnosePolicies(service, endpoints, facts),
    ...diagnoseAccess(service, facts),
    ...diagnoseAffinity(service),
  ];
}

function diagnoseAffinity({ spec = {} }: Service): Diagnosis[] {
  if (spec.sessionAffinity !== 'ClientIP') return [];
  const timeoutSeconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? AFFINITY_SECONDS;
  return [
    { code: 'session-affinity', severity: 'note', params: { timeoutSeconds }, field: 'spec.sessionAffinity' },
  ];
}
