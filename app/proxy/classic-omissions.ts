/**
 * What kube-proxy 1.2 did not know: the classic dialect leaves it out of the rules, and says so.
 */
import type { Omission } from '../ruleset/model.ts';
import type { Origin } from '../ruleset/origin.ts';
import type { ProxierState } from './build-ruleset.ts';
import { localDetector } from './detect-local.ts';
import { type ServicePortInfo, serviceOrigin } from './service-port.ts';
import { inStableOrder } from './stable-order.ts';

/** Seconds that a client stayed with its endpoint in kube-proxy 1.2, whatever the Service. */
export const CLASSIC_STICKY_SECONDS = 180;

/** Whether the classic dialect serves a port at all: TCP and UDP of IPv4 is what there was. */
export function isKnownToClassic(info: ServicePortInfo): boolean {
  return info.protocol !== 'SCTP' && !info.clusterIP.value.includes(':');
}

/** Everything of the Services and the configuration that has no effect in the classic dialect. */
export function classicOmissions(state: ProxierState): Omission[] {
  return [...configurationOmissions(state), ...inStableOrder(state).flatMap(serviceOmissions)];
}

function configurationOmissions({ configuration, family, node }: ProxierState): Omission[] {
  const from = (field: string): Origin => ({ kind: 'KubeProxyConfiguration', field });
  const omissions: Omission[] = [];
  const detector = localDetector(configuration, family, node);
  if (detector) {
    omissions.push({
      origin: detector.origin,
      reason: 'kube-proxy 1.2 did not tell local traffic from other',
    });
  }
  if (configuration.nodePortAddresses.length > 0) {
    omissions.push({
      origin: from('nodePortAddresses'),
      reason: 'node ports answered on every address of the node',
    });
  }
  if (!configuration.iptables.localhostNodePorts) {
    omissions.push({
      origin: from('iptables.localhostNodePorts'),
      reason: 'node ports always answered on 127.0.0.1',
    });
  }
  return omissions;
}

function serviceOmissions(info: ServicePortInfo): Omission[] {
  const omit = (field: string, reason: string): Omission => ({ origin: serviceOrigin(info, field), reason });
  if (info.clusterIP.value.includes(':'))
    return [omit(info.clusterIP.field, 'kube-proxy 1.2 served IPv4 alone')];
  if (info.protocol === 'SCTP') {
    return [omit(info.port.field.replace(/port$/, 'protocol'), 'kube-proxy 1.2 did not know SCTP')];
  }
  const omissions: Omission[] = [];
  if (info.externalPolicyLocal) {
    omissions.push(
      omit('spec.externalTrafficPolicy', 'traffic from outside went to any endpoint, masqueraded'),
    );
  }
  if (info.internalPolicyLocal) {
    omissions.push(omit('spec.internalTrafficPolicy', 'traffic to the cluster IP went to any endpoint'));
  }
  if (info.healthCheckNodePort !== 0) {
    omissions.push(omit('spec.healthCheckNodePort', 'there were no health check node ports'));
  }
  for (const { field } of info.loadBalancerSourceRanges) {
    omissions.push(omit(field, 'kube-proxy 1.2 let every source in'));
  }
  if (info.sessionAffinity === 'ClientIP' && info.stickyMaxAgeSeconds !== CLASSIC_STICKY_SECONDS) {
    const reason = `a client stayed with its endpoint for ${CLASSIC_STICKY_SECONDS} seconds, always`;
    omissions.push(omit('spec.sessionAffinity', reason));
  }
  return omissions;
}
