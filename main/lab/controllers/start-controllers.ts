import type { LabClient } from '../api-server/registry/lab-client.ts';
import type { Resource } from '../api-server/resources/resource.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { startDeploymentController } from './deployment/deployment-controller.ts';
import { startEndpointsController } from './endpoints/endpoints-controller.ts';
import { startEndpointSliceController } from './endpoints/endpointslice-controller.ts';
import { startMirroringController } from './endpoints/mirroring-controller.ts';
import { startEventExpiry } from './event-expiry.ts';
import { EventRecorder } from './event-recorder.ts';
import { startGarbageCollector } from './garbage-collector.ts';
import {
  type LoadBalancerController,
  type LoadBalancerOptions,
  startLoadBalancerController,
} from './load-balancer-controller.ts';
import { startNamespaceController } from './namespace-controller.ts';
import { type NodeAgentOptions, startNodeAgent } from './node-agent.ts';
import { startNodeLease } from './node-lease.ts';
import { startReplicaSetController } from './replicaset-controller.ts';
import { startRootCAPublisher } from './root-ca-publisher.ts';
import { startServiceCIDRController } from './service-cidr-controller.ts';

export interface ControllersOptions extends NodeAgentOptions {
  client: LabClient;
  resources: readonly Resource[];
  loadBalancer?: LoadBalancerOptions;
  /** By which clients know the server, as PEM. */
  caCertificate: string;
  /** How long a deleted namespace stands before it is emptied. */
  namespaceGraceMilliseconds?: number;
  log(message: string): void;
}

export interface LabControllers extends Controller {
  loadBalancer: LoadBalancerController;
}

/** Starts all that keeps the cluster's state as its objects want it. */
export function startControllers(options: ControllersOptions): LabControllers {
  const client = options.client.as('kube-controller-manager');
  const context: ControllerContext = {
    client,
    events: new EventRecorder(client, 'kube-controller-manager'),
    log: options.log,
  };
  const loadBalancer = startLoadBalancerController(context, options.loadBalancer);
  const controllers: Controller[] = [
    loadBalancer,
    startNamespaceController(context, options.resources, options.namespaceGraceMilliseconds),
    startServiceCIDRController(context),
    startNodeAgent(context, options),
    startNodeLease(context, options.node.name),
    startRootCAPublisher(context, options.caCertificate),
    startReplicaSetController(context),
    startDeploymentController(context),
    startEndpointSliceController(context),
    startEndpointsController(context),
    startMirroringController(context),
    startGarbageCollector(context, options.resources),
    startEventExpiry(context),
  ];
  return {
    loadBalancer,
    stop(): void {
      for (const controller of controllers) controller.stop();
    },
  };
}
