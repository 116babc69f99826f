/**
 * How Go holds a field, which decides what an API server writes back: a pointer keeps a zero value, a
 * plain value with `omitempty` loses it, a plain struct is written even when empty.
 */

const words = (text: string): string[] => text.trim().split(/\s+/);

function fieldSet(table: Readonly<Record<string, string>>): ReadonlySet<string> {
  return new Set(
    Object.entries(table).flatMap(([type, fields]) => words(fields).map((field) => `${type}.${field}`)),
  );
}

/** Optional scalars behind a pointer: `false`, `0` and `""` are values there. */
export const POINTER_FIELDS: ReadonlySet<string> = fieldSet({
  ObjectMeta: 'deletionGracePeriodSeconds',
  OwnerReference: 'controller blockOwnerDeletion',
  ListMeta: 'remainingItemCount',
  DeleteOptions:
    'gracePeriodSeconds orphanDependents propagationPolicy ignoreStoreReadErrorWithClusterBreakingPotential',
  Preconditions: 'uid resourceVersion',
  ServiceSpec:
    'ipFamilyPolicy allocateLoadBalancerNodePorts loadBalancerClass internalTrafficPolicy trafficDistribution',
  ServicePort: 'appProtocol',
  ClientIPConfig: 'timeoutSeconds',
  LoadBalancerIngress: 'ipMode',
  PortStatus: 'error',
  'io.k8s.api.core.v1.EndpointPort': 'appProtocol',
  'io.k8s.api.discovery.v1.EndpointPort': 'name protocol port appProtocol',
  EndpointAddress: 'nodeName',
  Endpoint: 'hostname nodeName zone',
  EndpointConditions: 'ready serving terminating',
  DeploymentSpec: 'replicas revisionHistoryLimit progressDeadlineSeconds',
  DeploymentStatus: 'collisionCount terminatingReplicas',
  RollingUpdateDeployment: 'maxSurge maxUnavailable',
  ReplicaSetSpec: 'replicas',
  ReplicaSetStatus: 'terminatingReplicas',
  ConfigMap: 'immutable',
  LeaseSpec: 'holderIdentity leaseDurationSeconds leaseTransitions strategy preferredHolder',
  Secret: 'immutable',
  ServiceAccount: 'automountServiceAccountToken',
  PodSpec:
    'terminationGracePeriodSeconds activeDeadlineSeconds automountServiceAccountToken shareProcessNamespace priority ' +
    'enableServiceLinks preemptionPolicy runtimeClassName setHostnameAsFQDN hostUsers hostnameOverride',
  PodSchedulingGroup: 'podGroupName',
  PodResourceClaim: 'resourceClaimName resourceClaimTemplateName',
  PodResourceClaimStatus: 'resourceClaimName',
  PodDNSConfigOption: 'value',
  PodSecurityContext:
    'runAsUser runAsGroup runAsNonRoot fsGroup fsGroupChangePolicy supplementalGroupsPolicy seLinuxChangePolicy',
  SecurityContext:
    'privileged runAsUser runAsGroup runAsNonRoot readOnlyRootFilesystem allowPrivilegeEscalation procMount',
  SeccompProfile: 'localhostProfile',
  AppArmorProfile: 'localhostProfile',
  WindowsSecurityContextOptions: 'gmsaCredentialSpecName gmsaCredentialSpec runAsUserName hostProcess',
  Container: 'restartPolicy',
  EphemeralContainer: 'restartPolicy',
  ContainerStatus: 'started',
  Probe: 'terminationGracePeriodSeconds',
  GRPCAction: 'service',
  Lifecycle: 'stopSignal',
  VolumeMount: 'mountPropagation recursiveReadOnly',
  VolumeMountStatus: 'recursiveReadOnly',
  SecretKeySelector: 'optional',
  ConfigMapKeySelector: 'optional',
  FileKeySelector: 'optional',
  SecretEnvSource: 'optional',
  ConfigMapEnvSource: 'optional',
  SecretVolumeSource: 'optional defaultMode',
  ConfigMapVolumeSource: 'optional defaultMode',
  SecretProjection: 'optional',
  ConfigMapProjection: 'optional',
  KeyToPath: 'mode',
  DownwardAPIVolumeFile: 'mode',
  DownwardAPIVolumeSource: 'defaultMode',
  ProjectedVolumeSource: 'defaultMode',
  ServiceAccountTokenProjection: 'expirationSeconds',
  ClusterTrustBundleProjection: 'name signerName optional',
  PodCertificateProjection: 'maxExpirationSeconds',
  HostPathVolumeSource: 'type',
  EmptyDirVolumeSource: 'sizeLimit',
  AzureDiskVolumeSource: 'cachingMode fsType readOnly kind',
  CSIVolumeSource: 'readOnly fsType',
  FCVolumeSource: 'lun',
  ISCSIVolumeSource: 'initiatorName',
  PersistentVolumeClaimSpec: 'storageClassName volumeMode volumeAttributesClassName',
  TypedLocalObjectReference: 'apiGroup',
  TypedObjectReference: 'apiGroup namespace',
  Toleration: 'tolerationSeconds',
  TopologySpreadConstraint: 'minDomains nodeAffinityPolicy nodeTaintsPolicy',
  NodeFeatures: 'supplementalGroupsPolicy',
  NodeRuntimeHandlerFeatures: 'recursiveReadOnlyMounts userNamespaces',
  NodeSwapStatus: 'capacity',
});

/** Structs held by value: always written, `{}` when empty. */
export const VALUE_STRUCTS: ReadonlySet<string> = fieldSet({
  Namespace: 'metadata spec status',
  Node: 'metadata spec status',
  Pod: 'metadata spec status',
  Service: 'metadata spec status',
  Endpoints: 'metadata',
  ConfigMap: 'metadata',
  Secret: 'metadata',
  ServiceAccount: 'metadata',
  Deployment: 'metadata spec status',
  ReplicaSet: 'metadata spec status',
  Scale: 'metadata spec status',
  EndpointSlice: 'metadata',
  ServiceCIDR: 'metadata spec status',
  IPAddress: 'metadata spec',
  SelfSubjectAccessReview: 'metadata spec status',
  SelfSubjectRulesReview: 'metadata spec status',
  SelfSubjectReview: 'metadata status',
  'io.k8s.api.core.v1.Event': 'metadata involvedObject source',
  'io.k8s.api.events.v1.Event': 'metadata regarding deprecatedSource',
  Status: 'metadata',
  ServiceStatus: 'loadBalancer',
  DeploymentSpec: 'strategy template',
  ReplicaSetSpec: 'template',
  PodTemplateSpec: 'metadata spec',
  Container: 'resources',
  EphemeralContainer: 'resources',
  ContainerStatus: 'state lastState',
  NodeStatus: 'daemonEndpoints nodeInfo',
  NodeDaemonEndpoints: 'kubeletEndpoint',
  PersistentVolumeClaimTemplate: 'metadata spec',
  PersistentVolumeClaimSpec: 'resources',
  PreferredSchedulingTerm: 'preference',
  WeightedPodAffinityTerm: 'podAffinityTerm',
});

/**
 * Fields that are written although the API calls them optional, because their Go tag lacks `omitempty`.
 * A slice without elements is then written as `null`.
 */
export const ALWAYS_WRITTEN: ReadonlySet<string> = fieldSet({
  EndpointSlice: 'endpoints ports',
  'io.k8s.api.core.v1.Event': 'eventTime firstTimestamp lastTimestamp reportingComponent reportingInstance',
  'io.k8s.api.events.v1.Event': 'eventTime deprecatedFirstTimestamp deprecatedLastTimestamp',
  PodSpec: 'containers',
  ContainerStatus: 'ready restartCount image imageID',
  // Times held by value: `omitempty` does not leave them out.
  PodCondition: 'lastProbeTime lastTransitionTime',
  NodeCondition: 'lastHeartbeatTime lastTransitionTime',
  NamespaceCondition: 'lastTransitionTime',
  DeploymentCondition: 'lastTransitionTime lastUpdateTime',
  ReplicaSetCondition: 'lastTransitionTime',
  ContainerStateRunning: 'startedAt',
  ContainerStateTerminated: 'finishedAt startedAt',
});

/** Go types of string fields that are not plain strings, as the decoder names them in its errors. */
export const NAMED_STRINGS: Readonly<Record<string, string>> = {
  'ServiceSpec.type': 'v1.ServiceType',
  'ServiceSpec.sessionAffinity': 'v1.ServiceAffinity',
  'ServiceSpec.ipFamilies': 'v1.IPFamily',
  'ServiceSpec.ipFamilyPolicy': 'v1.IPFamilyPolicy',
  'ServiceSpec.externalTrafficPolicy': 'v1.ServiceExternalTrafficPolicy',
  'ServiceSpec.internalTrafficPolicy': 'v1.ServiceInternalTrafficPolicy',
  'ServicePort.protocol': 'v1.Protocol',
  'LoadBalancerIngress.ipMode': 'v1.LoadBalancerIPMode',
  'ContainerPort.protocol': 'v1.Protocol',
  'EndpointPort.protocol': 'v1.Protocol',
  'EndpointSlice.addressType': 'v1.AddressType',
  'ObjectMeta.uid': 'types.UID',
  'OwnerReference.uid': 'types.UID',
  'ObjectReference.uid': 'types.UID',
  'Preconditions.uid': 'types.UID',
  'Container.imagePullPolicy': 'v1.PullPolicy',
  'Container.terminationMessagePolicy': 'v1.TerminationMessagePolicy',
  'Container.restartPolicy': 'v1.ContainerRestartPolicy',
  'HTTPGetAction.scheme': 'v1.URIScheme',
  'PodSpec.restartPolicy': 'v1.RestartPolicy',
  'PodSpec.dnsPolicy': 'v1.DNSPolicy',
  'PodSpec.preemptionPolicy': 'v1.PreemptionPolicy',
  'PodStatus.phase': 'v1.PodPhase',
  'PodCondition.type': 'v1.PodConditionType',
  'PodCondition.status': 'v1.ConditionStatus',
  'NodeCondition.type': 'v1.NodeConditionType',
  'NodeCondition.status': 'v1.ConditionStatus',
  'NodeAddress.type': 'v1.NodeAddressType',
  'Condition.status': 'v1.ConditionStatus',
  'DeploymentStrategy.type': 'v1.DeploymentStrategyType',
  'DeploymentCondition.type': 'v1.DeploymentConditionType',
  'DeploymentCondition.status': 'v1.ConditionStatus',
  'ReplicaSetCondition.type': 'v1.ReplicaSetConditionType',
  'ReplicaSetCondition.status': 'v1.ConditionStatus',
  'LabelSelectorRequirement.operator': 'v1.LabelSelectorOperator',
  'Toleration.operator': 'v1.TolerationOperator',
  'Toleration.effect': 'v1.TaintEffect',
  'Taint.effect': 'v1.TaintEffect',
  'NamespaceSpec.finalizers': 'v1.FinalizerName',
  'NamespaceStatus.phase': 'v1.NamespacePhase',
  'NodeStatus.phase': 'v1.NodePhase',
  'ManagedFieldsEntry.operation': 'v1.ManagedFieldsOperationType',
  'DeleteOptions.propagationPolicy': 'v1.DeletionPropagation',
  'Secret.type': 'v1.SecretType',
};

/** Go types of maps that are not plain maps. */
export const NAMED_MAPS: Readonly<Record<string, string>> = {
  'ResourceRequirements.limits': 'v1.ResourceList',
  'ResourceRequirements.requests': 'v1.ResourceList',
  'NodeStatus.capacity': 'v1.ResourceList',
  'NodeStatus.allocatable': 'v1.ResourceList',
  'PodSpec.overhead': 'v1.ResourceList',
};
