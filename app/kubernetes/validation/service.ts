/** Services (pkg/apis/core/validation `ValidateService`): every rule, in the API's order. */
import { isExternallyAccessible } from '../defaults/service-defaults.ts';
import type { JsonObject } from '../json.ts';
import type { Service, ServiceSpec } from '../objects.ts';
import { type FieldError, forbidden, invalid, NIL_POINTER, notSupported, required } from './field-error.ts';
import { addressErrors, cidrErrors, specialAddressErrors } from './ip.ts';
import { dnsLabelErrors, dnsSubdomainErrors, portNumberErrors, qualifiedNameErrors } from './names.ts';
import { validateLabels, validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts';
import {
  isHeadless,
  validateClusterIPFields,
  validateClusterIPsUpdate,
  validateIPFamiliesUpdate,
} from './service-cluster-ips.ts';
import { validateDuplicatePorts, validateServicePorts } from './service-ports.ts';
import type { ValidationOptions } from './validate.ts';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const AFFINITIES = ['ClientIP', 'None'];
const POLICIES = ['Cluster', 'Local'];
const DISTRIBUTIONS = ['PreferClose', 'PreferSameNode', 'PreferSameZone'];
const CLIENT_IP_TIMEOUT_MAX = 86_400;
const TOPOLOGY_MODE = 'service.kubernetes.io/topology-mode';
const TOPOLOGY_HINTS = 'service.kubernetes.io/topology-aware-hints';
const SOURCE_RANGES_ANNOTATION = 'service.beta.kubernetes.io/load-balancer-source-ranges';
const LOAD_BALANCER_ONLY = "may only be used when `type` is 'LoadBalancer'";

export function validateServiceCreate(service: Service, options: ValidationOptions): FieldError[] {
  const metadata = validateObjectMeta(service.metadata ?? {}, {
    namespaced: true,
    nameErrors: dnsLabelErrors,
  });
  return [...metadata, ...validateService(service, options)];
}

export function validateServiceUpdate(
  service: Service,
  old: Service,
  options: ValidationOptions,
): FieldError[] {
  return [
    ...validateObjectMetaUpdate(service.metadata ?? {}, old.metadata ?? {}),
    ...validateClusterIPsUpdate(service, old),
    ...validateIPFamiliesUpdate(service, old),
    ...validateLoadBalancerClassUpdate(service.spec ?? {}, old.spec ?? {}),
    ...validateHealthCheckUpdate(service.spec ?? {}, old.spec ?? {}),
    ...validateService(service, options),
  ];
}

function validateService(service: Service, options: ValidationOptions): FieldError[] {
  const spec = service.spec ?? {};
  return [
    ...validateTopologyAnnotations(service),
    ...validateType(spec),
    ...validateServicePorts(spec.ports ?? []),
    ...validateLabels('spec.selector', spec.selector ?? {}),
    ...validateAffinity(spec),
    ...validateClusterIPFields(service),
    ...validateExternalIPs(spec),
    ...validateTypeName(spec),
    ...validateDuplicatePorts(spec),
    ...validateSourceRanges(service),
    ...validateAllocation(spec),
    ...validateLoadBalancerClass(spec),
    ...validateExternalTraffic(spec, options),
    ...validateInternalTraffic(spec),
    ...validateTrafficDistribution(spec),
  ];
}

function validateTopologyAnnotations({ metadata }: Service): FieldError[] {
  const hints = metadata?.annotations?.[TOPOLOGY_HINTS];
  const mode = metadata?.annotations?.[TOPOLOGY_MODE];
  if (hints === undefined || mode === undefined || hints === mode) return [];
  const detail = `must match annotations[${TOPOLOGY_HINTS}] when both are specified`;
  return [invalid(`metadata.annotations[${TOPOLOGY_MODE}]`, mode, detail)];
}

/** What a type asks for and forbids. */
function validateType(spec: ServiceSpec): FieldError[] {
  const { type, ports = [] } = spec;
  const headless = isHeadless(spec);
  const errors = ports.length === 0 && !headless && type !== 'ExternalName' ? [required('spec.ports')] : [];
  if (headless && (type === 'LoadBalancer' || type === 'NodePort')) {
    errors.push(invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`));
  }
  return type === 'ExternalName' ? [...errors, ...validateExternalName(spec)] : errors;
}

function validateExternalName(spec: ServiceSpec): FieldError[] {
  const { clusterIPs = [], ipFamilies = [], ipFamilyPolicy, externalName = '' } = spec;
  const detail = 'may not be set for ExternalName services';
  const errors: FieldError[] = [];
  if (clusterIPs.length > 0) errors.push(forbidden('spec.clusterIPs', detail));
  if (ipFamilies.length > 0) errors.push(forbidden('spec.ipFamilies', detail));
  if (ipFamilyPolicy !== undefined) errors.push(forbidden('spec.ipFamilyPolicy', detail));
  const name = externalName.replace(/\.$/, '');
  if (name === '') errors.push(required('spec.externalName'));
  else errors.push(...dnsSubdomainErrors(name).map((message) => invalid('spec.externalName', name, message)));
  return errors;
}

function validateAffinity(spec: ServiceSpec): FieldError[] {
  const { sessionAffinity: affinity, sessionAffinityConfig: config } = spec;
  if (affinity === undefined) return [required('spec.sessionAffinity')];
  if (!AFFINITIES.includes(affinity)) return [notSupported('spec.sessionAffinity', affinity, AFFINITIES)];
  const field = 'spec.sessionAffinityConfig';
  if (affinity === 'None') {
    return config === undefined ? [] : [forbidden(field, 'must not be set when session affinity is None')];
  }
  const detail = 'when session affinity type is ClientIP';
  if (config === undefined) return [required(field, detail)];
  if (config.clientIP === undefined) return [required(`${field}.clientIP`, detail)];
  const timeout = config.clientIP.timeoutSeconds;
  if (timeout === undefined) return [required(`${field}.clientIP.timeoutSeconds`, detail)];
  if (timeout > 0 && timeout <= CLIENT_IP_TIMEOUT_MAX) return [];
  const range = `must be greater than 0 and less than ${CLIENT_IP_TIMEOUT_MAX}`;
  return [invalid(`${field}.clientIP.timeoutSeconds`, timeout, range)];
}

function validateExternalIPs({ externalIPs = [] }: ServiceSpec): FieldError[] {
  return externalIPs.flatMap((ip, index) => {
    const field = `spec.externalIPs[${index}]`;
    const errors = addressErrors(field, ip);
    return errors.length > 0 ? errors : specialAddressErrors(field, ip);
  });
}

function validateTypeName({ type }: ServiceSpec): FieldError[] {
  if (type === undefined) return [required('spec.type')];
  return TYPES.includes(type) ? [] : [notSupported('spec.type', type, TYPES)];
}

function validateSourceRanges({ metadata, spec = {} }: Service): FieldError[] {
  const { loadBalancerSourceRanges: ranges = [], type } = spec;
  const annotation = metadata?.annotations?.[SOURCE_RANGES_ANNOTATION];
  if (ranges.length === 0 && annotation === undefined) return [];
  const fromField = ranges.length > 0;
  // The API's own spelling of the field in these errors.
  const field = fromField
    ? 'spec.LoadBalancerSourceRanges'
    : `metadata.annotations[${SOURCE_RANGES_ANNOTATION}]`;
  const errors = type === 'LoadBalancer' ? [] : [forbidden(field, LOAD_BALANCER_ONLY)];
  if (fromField) {
    return [...errors, ...ranges.flatMap((range, index) => cidrErrors(`${field}[${index}]`, range.trim()))];
  }
  const listed = (annotation ?? '').trim();
  if (listed === '') return errors;
  return [...errors, ...listed.split(',').flatMap((range) => cidrErrors(field, range.trim()))];
}

function validateAllocation({ type, allocateLoadBalancerNodePorts }: ServiceSpec): FieldError[] {
  if (type === 'LoadBalancer') {
    // Another of the API's own spellings: no `spec.` here.
    return allocateLoadBalancerNodePorts === undefined ? [required('allocateLoadBalancerNodePorts')] : [];
  }
  if (allocateLoadBalancerNodePorts === undefined) return [];
  return [forbidden('spec.allocateLoadBalancerNodePorts', LOAD_BALANCER_ONLY)];
}

function validateLoadBalancerClass({ type, loadBalancerClass }: ServiceSpec): FieldError[] {
  if (loadBalancerClass === undefined) return [];
  const field = 'spec.loadBalancerClass';
  if (type !== 'LoadBalancer') return [forbidden(field, LOAD_BALANCER_ONLY)];
  return qualifiedNameErrors(loadBalancerClass).map((message) => invalid(field, loadBalancerClass, message));
}

function validateLoadBalancerClassUpdate(spec: ServiceSpec, old: ServiceSpec): FieldError[] {
  const both = spec.type === 'LoadBalancer' && old.type === 'LoadBalancer';
  const errors = validateLoadBalancerClass(spec);
  if (!both || spec.loadBalancerClass === old.loadBalancerClass) return errors;
  return [
    invalid('spec.loadBalancerClass', spec.loadBalancerClass ?? NIL_POINTER, 'may not change once set'),
    ...errors,
  ];
}

/** Whether a health check tells a load balancer if this node has endpoints. */
function needsHealthCheck({ type, externalTrafficPolicy }: ServiceSpec): boolean {
  return type === 'LoadBalancer' && externalTrafficPolicy === 'Local';
}

function validateHealthCheckUpdate(spec: ServiceSpec, old: ServiceSpec): FieldError[] {
  if (!needsHealthCheck(spec) || !needsHealthCheck(old)) return [];
  if ((spec.healthCheckNodePort ?? 0) === (old.healthCheckNodePort ?? 0)) return [];
  return [forbidden('spec.healthCheckNodePort', 'field is immutable')];
}

function validateExternalTraffic(spec: ServiceSpec, { unallocated }: ValidationOptions): FieldError[] {
  const { externalTrafficPolicy: policy, healthCheckNodePort = 0 } = spec;
  const errors: FieldError[] = [];
  const field = 'spec.externalTrafficPolicy';
  if (!isExternallyAccessible(spec as JsonObject)) {
    if (policy !== undefined) {
      errors.push(invalid(field, policy, 'may only be set for externally-accessible services'));
    }
  } else if (policy === undefined) errors.push(required(field));
  else if (!POLICIES.includes(policy)) errors.push(notSupported(field, policy, POLICIES));

  const port = 'spec.healthCheckNodePort';
  if (!needsHealthCheck(spec)) {
    if (healthCheckNodePort !== 0) {
      const detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
      errors.push(invalid(port, healthCheckNodePort, detail));
    }
  } else if (healthCheckNodePort === 0) {
    if (!unallocated) errors.push(required(port));
  } else {
    errors.push(
      ...portNumberErrors(healthCheckNodePort).map((message) => invalid(port, healthCheckNodePort, message)),
    );
  }
  return errors;
}

function validateInternalTraffic({ type, internalTrafficPolicy: policy }: ServiceSpec): FieldError[] {
  const field = 'spec.internalTrafficPolicy';
  if (policy === undefined) {
    return type === 'NodePort' || type === 'LoadBalancer' || type === 'ClusterIP' ? [required(field)] : [];
  }
  return POLICIES.includes(policy) ? [] : [notSupported(field, policy, POLICIES)];
}

function validateTrafficDistribution({ trafficDistribution: distribution }: ServiceSpec): FieldError[] {
  if (distribution === undefined || DISTRIBUTIONS.includes(distribution)) return [];
  return [notSupported('spec.trafficDistribution', distribution, DISTRIBUTIONS)];
}
