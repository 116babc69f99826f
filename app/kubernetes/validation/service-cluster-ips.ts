/** Cluster IPs and IP families of a Service, and how they may change (pkg/apis/core/validation). */
import type { Service, ServiceSpec } from '../objects.ts';
import { duplicate, type FieldError, invalid, NIL_POINTER, notSupported, required } from './field-error.ts';
import { addressErrors, parseAddress } from './ip.ts';

const FAMILIES = ['IPv4', 'IPv6'];
const FAMILY_POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
const CLUSTER_IPS = 'spec.clusterIPs';
const IP_FAMILIES = 'spec.ipFamilies';
const FAMILY_POLICY = 'spec.ipFamilyPolicy';
const UNCHANGEABLE = 'may not change once set';

/** Whether a Service has no cluster IP by its own wish (`clusterIP: None`). */
export function isHeadless({ clusterIPs = [] }: ServiceSpec): boolean {
  return clusterIPs.length === 1 && clusterIPs[0] === 'None';
}

/** `clusterIP`, `clusterIPs`, `ipFamilies` and `ipFamilyPolicy` as they fit together; also asked before allocation. */
export function validateClusterIPFields(service: Service): FieldError[] {
  const spec = service.spec ?? {};
  if (spec.type === 'ExternalName') return [];
  const { clusterIPs = [] } = spec;
  const addresses = clusterIPs.flatMap((ip, index) => {
    if (index !== 0 || ip !== 'None') return addressErrors(`${CLUSTER_IPS}[${index}]`, ip);
    return clusterIPs.length > 1
      ? [invalid(CLUSTER_IPS, clusterIPs, "'None' must be the first and only value")]
      : [];
  });
  const errors = [...validateFirstClusterIP(spec), ...validateFamilies(spec), ...addresses];
  if (clusterIPs.length > 2) errors.push(invalid(CLUSTER_IPS, clusterIPs, 'may only hold up to 2 values'));
  if (addresses.length > 0) return errors;
  return [...errors, ...validateDualStack(clusterIPs), ...validateMatchingFamilies(spec)];
}

function validateFirstClusterIP({ clusterIP = '', clusterIPs = [] }: ServiceSpec): FieldError[] {
  if (clusterIP === '') {
    if (clusterIPs.length === 0) return [];
    return [invalid(CLUSTER_IPS, clusterIPs, 'must be empty when `clusterIP` is not specified')];
  }
  if (clusterIPs.length === 0) return [required(CLUSTER_IPS)];
  return clusterIPs[0] === clusterIP
    ? []
    : [invalid(CLUSTER_IPS, clusterIPs, 'first value must match `clusterIP`')];
}

function validateFamilies({ ipFamilies = [], ipFamilyPolicy }: ServiceSpec): FieldError[] {
  const errors = ipFamilies.flatMap((family, index) => [
    ...(FAMILIES.includes(family) ? [] : [notSupported(`${IP_FAMILIES}[${index}]`, family, FAMILIES)]),
    ...(ipFamilies.indexOf(family) < index ? [duplicate(`${IP_FAMILIES}[${index}]`, family)] : []),
  ]);
  if (ipFamilyPolicy !== undefined && !FAMILY_POLICIES.includes(ipFamilyPolicy)) {
    errors.push(notSupported(FAMILY_POLICY, ipFamilyPolicy, FAMILY_POLICIES));
  }
  return errors;
}

function validateDualStack(clusterIPs: string[]): FieldError[] {
  if (clusterIPs.length < 2) return [];
  const families = new Set(clusterIPs.map((ip) => parseAddress(ip)?.family));
  if (families.size === 2) return [];
  return [invalid(CLUSTER_IPS, clusterIPs, 'may specify no more than one IP for each IP family')];
}

function validateMatchingFamilies(spec: ServiceSpec): FieldError[] {
  const { clusterIPs = [], ipFamilies = [] } = spec;
  if (isHeadless(spec)) return [];
  return clusterIPs.flatMap((ip, index) => {
    const family = ipFamilies[index];
    if (family === undefined || !FAMILIES.includes(family) || parseAddress(ip)?.family === family) return [];
    const detail = `expected an ${family} value as indicated by \`ipFamilies[${index}]\``;
    return [invalid(`${CLUSTER_IPS}[${index}]`, ip, detail)];
  });
}

/** Cluster IPs stay, but a second one may come and go with the policy that says so. */
export function validateClusterIPsUpdate(service: Service, old: Service): FieldError[] {
  const spec = service.spec ?? {};
  const oldSpec = old.spec ?? {};
  if (spec.type === 'ExternalName' || oldSpec.type === 'ExternalName') return [];
  if (isHeadless(spec) && isHeadless(oldSpec)) return [];
  const ips = spec.clusterIPs ?? [];
  const oldIPs = oldSpec.clusterIPs ?? [];
  if (ips.length === oldIPs.length) {
    return oldIPs.flatMap((ip, index) =>
      ips[index] === ip ? [] : [invalid(`${CLUSTER_IPS}[${index}]`, ips, UNCHANGEABLE)],
    );
  }
  const errors: FieldError[] = [];
  if (ips.length === 0) errors.push(invalid(`${CLUSTER_IPS}[0]`, null, 'primary clusterIP can not be unset'));
  if (ips.length > 0 && oldIPs.length > 0 && ips[0] !== oldIPs[0]) {
    errors.push(invalid(`${CLUSTER_IPS}[0]`, ips, UNCHANGEABLE));
  }
  if (ips.length === 1 && oldIPs.length > 1) errors.push(...requireSingleStack(spec, 'clusterIP'));
  return errors;
}

/** IP families, likewise; a headless Service may change them. */
export function validateIPFamiliesUpdate(service: Service, old: Service): FieldError[] {
  const spec = service.spec ?? {};
  const oldSpec = old.spec ?? {};
  if (spec.type === 'ExternalName' || oldSpec.type === 'ExternalName') return [];
  if (isHeadless(spec) || isHeadless(oldSpec)) return [];
  const { ipFamilies: families = [], clusterIPs = [] } = spec;
  const oldFamilies = oldSpec.ipFamilies ?? [];
  if (families.length === oldFamilies.length) {
    return oldFamilies.flatMap((family, index) =>
      families[index] === family ? [] : [invalid(`${IP_FAMILIES}[0]`, families, UNCHANGEABLE)],
    );
  }
  const errors: FieldError[] = [];
  const released = oldFamilies.length > families.length;
  if (released && clusterIPs.length === 0) {
    errors.push(invalid(`${IP_FAMILIES}[0]`, spec.ipFamilies ?? null, 'primary ipFamily can not be unset'));
  }
  if (families.length > 0 && oldFamilies.length > 0 && families[0] !== oldFamilies[0]) {
    // The API shows the cluster IPs here, not the families.
    errors.push(invalid(`${IP_FAMILIES}[0]`, clusterIPs, UNCHANGEABLE));
  }
  if (released && families.length === 1) errors.push(...requireSingleStack(spec, 'ipFamily'));
  return errors;
}

function requireSingleStack({ ipFamilyPolicy }: ServiceSpec, what: 'clusterIP' | 'ipFamily'): FieldError[] {
  if (ipFamilyPolicy === 'SingleStack') return [];
  const detail = `must be set to 'SingleStack' when releasing the secondary ${what}`;
  return [invalid(FAMILY_POLICY, ipFamilyPolicy ?? NIL_POINTER, detail)];
}
