/**
 * Values that a string field takes, with what the API documents of each (`kubectl explain` shows them).
 * Kept in the API's own order: by value.
 */

export type EnumValues = Readonly<Record<string, string>>;

const PROTOCOLS: EnumValues = {
  SCTP: 'is the SCTP protocol.',
  TCP: 'is the TCP protocol.',
  UDP: 'is the UDP protocol.',
};
const NO_DOCS = (...values: string[]): EnumValues => Object.fromEntries(values.map((value) => [value, '']));
const RESTART_POLICIES = NO_DOCS('Always', 'Never', 'OnFailure');
const PULL_POLICIES: EnumValues = {
  Always:
    'means that kubelet always attempts to pull the latest image. Container will fail If the pull fails.',
  IfNotPresent:
    "means that kubelet pulls if the image isn't present on disk. Container will fail if the image isn't present and the pull fails.",
  Never:
    "means that kubelet never pulls an image, but only uses a local image. Container will fail if the image isn't present",
};
const TERMINATION_MESSAGE_POLICIES: EnumValues = {
  FallbackToLogsOnError:
    'will read the most recent contents of the container logs for the container status message when the container exits with an error and the terminationMessagePath has no contents.',
  File: "is the default behavior and will set the container status message to the contents of the container's terminationMessagePath when the container exits.",
};
const TAINT_EFFECTS = NO_DOCS('NoExecute', 'NoSchedule', 'PreferNoSchedule');

/** By Go type and field. */
export const ENUMS: Readonly<Record<string, EnumValues>> = {
  'ServiceSpec.type': {
    ClusterIP: 'means a service will only be accessible inside the cluster, via the cluster IP.',
    ExternalName:
      'means a service consists of only a reference to an external name that kubedns or equivalent will return as a CNAME record, with no exposing or proxying of any pods involved.',
    LoadBalancer:
      "means a service will be exposed via an external load balancer (if the cloud provider supports it), in addition to 'NodePort' type.",
    NodePort: "means a service will be exposed on one port of every node, in addition to 'ClusterIP' type.",
  },
  'ServiceSpec.sessionAffinity': {
    ClientIP: 'is the Client IP based.',
    None: '- no session affinity.',
  },
  'ServiceSpec.externalTrafficPolicy': {
    Cluster: 'routes traffic to all endpoints.',
    Local:
      'preserves the source IP of the traffic by routing only to endpoints on the same node as the traffic was received on (dropping the traffic if there are no local endpoints).',
  },
  'ServiceSpec.internalTrafficPolicy': {
    Cluster: 'routes traffic to all endpoints.',
    Local:
      'routes traffic only to endpoints on the same node as the client pod (dropping the traffic if there are no local endpoints).',
  },
  'ServiceSpec.ipFamilyPolicy': {
    PreferDualStack:
      'indicates that this service prefers dual-stack when the cluster is configured for dual-stack. If the cluster is not configured for dual-stack the service will be assigned a single IPFamily. If the IPFamily is not set in service.spec.ipFamilies then the service will be assigned the default IPFamily configured on the cluster',
    RequireDualStack:
      'indicates that this service requires dual-stack. Using IPFamilyPolicyRequireDualStack on a single stack cluster will result in validation errors. The IPFamilies (and their order) assigned to this service is based on service.spec.ipFamilies. If service.spec.ipFamilies was not provided then it will be assigned according to how they are configured on the cluster. If service.spec.ipFamilies has only one entry then the alternative IPFamily will be added by apiserver',
    SingleStack:
      'indicates that this service is required to have a single IPFamily. The IPFamily assigned is based on the default IPFamily used by the cluster or as identified by service.spec.ipFamilies field',
  },
  'ServicePort.protocol': PROTOCOLS,
  'ContainerPort.protocol': PROTOCOLS,
  'EndpointPort.protocol': PROTOCOLS,
  'EndpointSlice.addressType': {
    FQDN: 'represents a FQDN.',
    IPv4: 'represents an IPv4 Address.',
    IPv6: 'represents an IPv6 Address.',
  },
  'NamespaceStatus.phase': {
    Active: 'means the namespace is available for use in the system',
    Terminating: 'means the namespace is undergoing graceful termination',
  },
  'PodSpec.restartPolicy': RESTART_POLICIES,
  'PodSpec.dnsPolicy': {
    ClusterFirst:
      'indicates that the pod should use cluster DNS first unless hostNetwork is true, if it is available, then fall back on the default (as determined by kubelet) DNS settings.',
    ClusterFirstWithHostNet:
      'indicates that the pod should use cluster DNS first, if it is available, then fall back on the default (as determined by kubelet) DNS settings.',
    Default: 'indicates that the pod should use the default (as determined by kubelet) DNS settings.',
    None: 'indicates that the pod should use empty DNS settings. DNS parameters such as nameservers and search paths should be defined via DNSConfig.',
  },
  'PodStatus.phase': NO_DOCS('Failed', 'Pending', 'Running', 'Succeeded', 'Unknown'),
  'Container.imagePullPolicy': PULL_POLICIES,
  'EphemeralContainer.imagePullPolicy': PULL_POLICIES,
  'Container.terminationMessagePolicy': TERMINATION_MESSAGE_POLICIES,
  'EphemeralContainer.terminationMessagePolicy': TERMINATION_MESSAGE_POLICIES,
  'HTTPGetAction.scheme': {
    HTTP: 'means that the scheme used will be http://',
    HTTPS: 'means that the scheme used will be https://',
  },
  'DeploymentStrategy.type': {
    Recreate: 'Kill all existing pods before creating new ones.',
    RollingUpdate:
      'Replace the old ReplicaSets by new one using rolling update i.e gradually scale down the old ReplicaSets and scale up the new one.',
  },
  'Taint.effect': TAINT_EFFECTS,
  'Toleration.effect': TAINT_EFFECTS,
  'Toleration.operator': NO_DOCS('Equal', 'Exists', 'Gt', 'Lt'),
};
