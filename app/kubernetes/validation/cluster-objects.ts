/** Objects that belong to no namespace: Namespaces, Nodes, ServiceCIDRs and IPAddresses. */
import { jsonEqual } from '../json.ts';
import type { KubernetesObject, Node, ServiceCIDR } from '../objects.ts';
import { type FieldError, forbidden, invalid, invalidEach, required } from './field-error.ts';
import { canonicalAddressErrors, canonicalCidrErrors, cidrErrors, cidrFamily } from './ip.ts';
import { dnsLabelErrors, dnsSubdomainErrors } from './names.ts';
import {
  validateFinalizerName,
  validateImmutable,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from './object-meta.ts';

const CLUSTER_WIDE = { namespaced: false, nameErrors: dnsSubdomainErrors };

interface Namespace extends KubernetesObject {
  spec?: { finalizers?: string[] };
}

export function validateNamespaceCreate(namespace: Namespace): FieldError[] {
  const finalizers = namespace.spec?.finalizers ?? [];
  return [
    ...validateObjectMeta(namespace.metadata ?? {}, { namespaced: false, nameErrors: dnsLabelErrors }),
    ...finalizers.flatMap((finalizer) => validateFinalizerName('spec.finalizers', finalizer)),
  ];
}

export function validateNamespaceUpdate(namespace: Namespace, old: Namespace): FieldError[] {
  return validateObjectMetaUpdate(namespace.metadata ?? {}, old.metadata ?? {});
}

export function validateNodeCreate(node: Node): FieldError[] {
  return [...validateObjectMeta(node.metadata ?? {}, CLUSTER_WIDE), ...validatePodCidrs(node)];
}

export function validateNodeUpdate(node: Node, old: Node): FieldError[] {
  const errors = [
    ...validateObjectMetaUpdate(node.metadata ?? {}, old.metadata ?? {}),
    ...validatePodCidrs(node),
  ];
  const cidrs = node.spec?.podCIDRs ?? [];
  const oldCidrs = old.spec?.podCIDRs ?? [];
  if (oldCidrs.length > 0 && !jsonEqual(cidrs, oldCidrs)) {
    errors.push(forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
  }
  return errors;
}

function validatePodCidrs({ spec }: Node): FieldError[] {
  const cidrs = spec?.podCIDRs ?? [];
  const errors = cidrs.flatMap((cidr, index) => cidrErrors(`spec.podCIDRs[${index}]`, cidr));
  const families = new Set(cidrs.map(cidrFamily));
  if (cidrs.length > 2 || (errors.length === 0 && families.size < cidrs.length)) {
    errors.push(invalid('spec.podCIDRs', cidrs, 'may specify no more than one CIDR for each IP family'));
  }
  return errors;
}

const CIDRS = 'spec.cidrs';

export function validateServiceCIDRCreate(serviceCIDR: ServiceCIDR): FieldError[] {
  return [
    ...validateObjectMeta(serviceCIDR.metadata ?? {}, CLUSTER_WIDE),
    ...validateCidrs(serviceCIDR.spec?.cidrs ?? []),
  ];
}

/** A second family may be added; nothing else changes. */
export function validateServiceCIDRUpdate(serviceCIDR: ServiceCIDR, old: ServiceCIDR): FieldError[] {
  const errors = validateObjectMetaUpdate(serviceCIDR.metadata ?? {}, old.metadata ?? {});
  const cidrs = serviceCIDR.spec?.cidrs ?? [];
  const oldCidrs = old.spec?.cidrs ?? [];
  const grown = oldCidrs.length === 1 && cidrs.length === 2;
  if (cidrs.length !== oldCidrs.length && !grown)
    return [...errors, invalid(CIDRS, cidrs, 'field is immutable')];
  for (const [index, cidr] of oldCidrs.entries()) {
    if (cidrs[index] !== cidr) errors.push(invalid(`${CIDRS}[${index}]`, cidrs[index], 'field is immutable'));
  }
  return grown ? [...errors, ...validateCidrs(cidrs)] : errors;
}

function validateCidrs(cidrs: string[]): FieldError[] {
  if (cidrs.length === 0) return [required(CIDRS, 'at least one CIDR required')];
  if (cidrs.length > 2) return [invalid(CIDRS, { CIDRs: cidrs }, 'may only hold up to 2 values')];
  const errors = cidrs.flatMap((cidr, index) => canonicalCidrErrors(`${CIDRS}[${index}]`, cidr));
  const [first = '', second] = cidrs;
  if (second !== undefined && cidrFamily(first) === cidrFamily(second)) {
    const detail = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64';
    errors.push(invalid(CIDRS, cidrs, detail));
  }
  return errors;
}

interface IPAddress extends KubernetesObject {
  spec?: { parentRef?: { group?: string; resource?: string; namespace?: string; name?: string } | null };
}

/** An IPAddress is named by the address itself. */
export function validateIPAddressCreate(address: IPAddress): FieldError[] {
  const nameErrors = (name: string): string[] =>
    canonicalAddressErrors('', name).map((error) => error.detail);
  return [
    ...validateObjectMeta(address.metadata ?? {}, { namespaced: false, nameErrors }),
    ...validateParentReference(address),
  ];
}

export function validateIPAddressUpdate(address: IPAddress, old: IPAddress): FieldError[] {
  return [
    ...validateObjectMetaUpdate(address.metadata ?? {}, old.metadata ?? {}),
    ...validateImmutable('spec.parentRef', address.spec?.parentRef, old.spec?.parentRef),
  ];
}

function validateParentReference({ spec }: IPAddress): FieldError[] {
  const parent = spec?.parentRef;
  if (parent === undefined || parent === null) return [required('spec.parentRef')];
  const field = 'spec.parentRef';
  const { group = '', resource = '', name = '' } = parent;
  const errors = group === '' ? [] : invalidEach(`${field}.group`, group, dnsSubdomainErrors(group));
  if (resource === '') errors.push(required(`${field}.resource`));
  if (name === '') errors.push(required(`${field}.name`));
  return errors;
}
