import type { IPFamily, Service, ServiceSpec } from '../../../../app/kubernetes/objects.ts';
import { type FieldError, invalid } from '../../../../app/kubernetes/validation/field-error.ts';
import { sameList } from '../resources/service-transitions.ts';
import { isHeadless, needsClusterIP, specOf } from '../resources/service-type.ts';
import { familyOf } from './ip-range.ts';

/**
 * Whether an update leaves a PreferDualStack Service's addresses alone. Such a Service is not upgraded or
 * downgraded just because the cluster has changed.
 */
export function keepsPreferDualStack(updated: Service, old: Service): boolean {
  const [after, before] = [specOf(updated), specOf(old)];
  return (
    after.ipFamilyPolicy === 'PreferDualStack' &&
    (before.ipFamilyPolicy ?? 'PreferDualStack') === 'PreferDualStack' &&
    after.type === before.type &&
    needsClusterIP(after) &&
    sameList(after.clusterIPs, before.clusterIPs) &&
    sameList(after.ipFamilies, before.ipFamilies)
  );
}

/**
 * Settles `ipFamilyPolicy` and `ipFamilies` from what the client gave, what was there before and what the
 * cluster has (its families, the default one first). Works in place; gives back what cannot be.
 */
export function settleIPFamilies(
  service: Service,
  old: Service | undefined,
  clusterFamilies: readonly IPFamily[],
): FieldError[] {
  const spec = specOf(service);
  if (!needsClusterIP(spec)) return [];
  if (old && keepsPreferDualStack(service, old)) return [];
  spec.ipFamilyPolicy ??= defaultPolicy(spec, old?.spec);
  const problems = [
    ...(old ? reductionProblems(spec, specOf(old)) : []),
    ...singleStackProblems(spec),
    ...inferFamilies(spec, clusterFamilies),
  ];
  if (problems.length > 0) return problems;
  if (isHeadless(spec) && Object.keys(spec.selector ?? {}).length === 0) {
    // Its endpoints are the user's own, of whichever family.
    addFamilies(spec, clusterFamilies, true);
    return [];
  }
  const unavailable = availabilityProblems(spec, clusterFamilies);
  if (unavailable.length === 0) addFamilies(spec, clusterFamilies, clusterFamilies.length === 2);
  return unavailable;
}

function defaultPolicy(spec: ServiceSpec, before: ServiceSpec | undefined): ServiceSpec['ipFamilyPolicy'] {
  if (before?.ipFamilyPolicy) return before.ipFamilyPolicy;
  const selectorless = Object.keys(spec.selector ?? {}).length === 0;
  return spec.clusterIP === 'None' && selectorless ? 'RequireDualStack' : 'SingleStack';
}

/** An update to SingleStack drops what is second; any other update must say so to take something away. */
function reductionProblems(after: ServiceSpec, before: ServiceSpec): FieldError[] {
  if (after.ipFamilyPolicy === 'SingleStack') {
    if (after.clusterIPs && after.clusterIPs.length > 1 && sameList(after.clusterIPs, before.clusterIPs)) {
      after.clusterIPs = after.clusterIPs.slice(0, 1);
    }
    if (after.ipFamilies && after.ipFamilies.length > 1 && sameList(after.ipFamilies, before.ipFamilies)) {
      after.ipFamilies = after.ipFamilies.slice(0, 1);
    }
    return [];
  }
  const problems: FieldError[] = [];
  if (isReduced(after.clusterIPs, before.clusterIPs)) {
    problems.push(policyProblem(after, "must be 'SingleStack' to release the secondary cluster IP"));
  }
  if (isReduced(after.ipFamilies, before.ipFamilies)) {
    problems.push(policyProblem(after, "must be 'SingleStack' to release the secondary IP family"));
  }
  return problems;
}

function isReduced(after: readonly string[] | undefined, before: readonly string[] | undefined): boolean {
  const count = after?.length ?? 0;
  return count > 0 && count < (before?.length ?? 0);
}

function singleStackProblems(spec: ServiceSpec): FieldError[] {
  if (spec.ipFamilyPolicy !== 'SingleStack') return [];
  const problems: FieldError[] = [];
  const needed = "must be 'RequireDualStack' or 'PreferDualStack' when multiple";
  if (spec.clusterIPs?.length === 2)
    problems.push(policyProblem(spec, `${needed} cluster IPs are specified`));
  if (spec.ipFamilies?.length === 2)
    problems.push(policyProblem(spec, `${needed} IP families are specified`));
  return problems;
}

/** Families follow from addresses where the client gave those alone. */
function inferFamilies(spec: ServiceSpec, clusterFamilies: readonly IPFamily[]): FieldError[] {
  const problems: FieldError[] = [];
  for (const [index, address] of (spec.clusterIPs ?? []).entries()) {
    if (address === 'None') break;
    if (index < (spec.ipFamilies?.length ?? 0)) continue;
    const family = familyOf(address);
    if (clusterFamilies.includes(family)) {
      spec.ipFamilies = [...(spec.ipFamilies ?? []), family];
    } else {
      const message = `${family} is not configured on this cluster`;
      problems.push(invalid(`spec.clusterIPs[${index}]`, spec.clusterIPs, message));
    }
  }
  return problems;
}

function availabilityProblems(spec: ServiceSpec, clusterFamilies: readonly IPFamily[]): FieldError[] {
  const problems: FieldError[] = [];
  if (spec.ipFamilyPolicy === 'RequireDualStack' && clusterFamilies.length < 2) {
    problems.push(policyProblem(spec, 'this cluster is not configured for dual-stack services'));
  }
  for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
    if (clusterFamilies.includes(family)) continue;
    problems.push(invalid(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster'));
  }
  return problems;
}

function addFamilies(spec: ServiceSpec, clusterFamilies: readonly IPFamily[], second: boolean): void {
  const families = spec.ipFamilies?.length ? spec.ipFamilies : clusterFamilies.slice(0, 1);
  const [first] = families;
  const dual = second && spec.ipFamilyPolicy !== 'SingleStack' && families.length === 1;
  spec.ipFamilies = dual && first ? [first, first === 'IPv4' ? 'IPv6' : 'IPv4'] : [...families];
}

function policyProblem(spec: ServiceSpec, message: string): FieldError {
  return invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy, message);
}
