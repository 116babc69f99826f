import { addressPlan } from '../../app/lab/address-plan.ts';
import type { NodeTarget } from '../targets/node-target.ts';
import type { LabProcess } from './lab-process.ts';

/** The embedded lab's node: the supervisor is its helper. */
export function labTarget(lab: LabProcess): NodeTarget {
  return {
    name: addressPlan.nodeName,
    verbs: lab.verbs,
    userspace: {
      serve: (request) => lab.verbs.serveServicePorts(request),
      statistics: () => lab.verbs.relayStatistics({}),
    },
    healthChecks: { serve: (state) => lab.verbs.serveHealthChecks(state) },
  };
}
