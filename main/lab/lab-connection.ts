/**
 * The embedded lab's cluster as a connection: its objects come from the store in this process, at once; calls go over
 * HTTPS like any client's, so that they are answered as others are.
 */
import { KubeConfig } from '@kubernetes/client-node';
import { ClusterApi } from '../cluster/cluster-api.ts';
import type { ClusterConnection } from '../cluster/cluster-connection.ts';
import type { LabApiServer } from './api-server/start.ts';

export function labConnection(server: LabApiServer): ClusterConnection {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(server.kubeconfigPath);
  return {
    kubeConfig,
    api: new ClusterApi(kubeConfig),
    objects: server.store,
    state: { state: 'live', problem: null, resources: {} },
    listed: Promise.resolve(),
    onChange: () => () => {},
    retry: () => {},
    close: async () => {},
  };
}
