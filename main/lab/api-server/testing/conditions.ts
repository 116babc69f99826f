import type { Endpoint, EndpointSlice } from '../../../../app/kubernetes/objects.ts';
import type { LabClient, Stored } from '../registry/lab-client.ts';
import { type Deployment, isTrue, type RunnablePod } from '../resources/workload-types.ts';
import { until } from './lab-fixture.ts';

/** What tests of controllers wait for. */

/** An object of the default namespace. */
export function key(name: string): { namespace: string; name: string } {
  return { namespace: 'default', name };
}

export function running(client: LabClient, name: string): Promise<Stored<RunnablePod>> {
  return until<RunnablePod>(client, 'pods', ({ metadata, status }) => {
    return metadata.name === name && isTrue(status?.conditions, 'Ready');
  });
}

export function gone(client: LabClient, resource: string, name: string): Promise<unknown> {
  return until(client, resource, ({ metadata }, type) => metadata.name === name && type === 'DELETED');
}

/** The Deployment once its rollout is over: all pods of the present template are ready, no other is left. */
export function rolledOut(client: LabClient, name: string): Promise<Stored<Deployment>> {
  return until<Deployment>(client, 'deployments', ({ metadata, spec, status = {} }) => {
    const { observedGeneration, updatedReplicas = 0, replicas = 0, availableReplicas = 0 } = status;
    return (
      metadata.name === name &&
      observedGeneration === metadata.generation &&
      [updatedReplicas, replicas, availableReplicas].every((count) => count === spec?.replicas)
    );
  });
}

/** A slice of a Service once its endpoints pass. */
export function endpointsOf(
  client: LabClient,
  name: string,
  condition: (endpoints: Endpoint[]) => boolean,
): Promise<Stored<EndpointSlice>> {
  return until<EndpointSlice>(client, 'endpointslices', ({ metadata, endpoints }) => {
    return metadata.labels?.['kubernetes.io/service-name'] === name && condition(endpoints ?? []);
  });
}
