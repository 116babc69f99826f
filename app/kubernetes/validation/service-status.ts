/** The status of a Service: what its load balancer reports (pkg/apis/core/validation `ValidateLoadBalancerStatus`). */
import type { Service } from '../objects.ts';
import { type FieldError, forbidden, invalid, invalidEach, notSupported, required } from './field-error.ts';
import { addressErrors, parseAddress } from './ip.ts';
import { dnsSubdomainErrors } from './names.ts';
import { validateObjectMetaUpdate } from './object-meta.ts';

const IP_MODES = ['Proxy', 'VIP'];

export function validateServiceStatusUpdate(service: Service, old: Service): FieldError[] {
  return [
    ...validateObjectMetaUpdate(service.metadata ?? {}, old.metadata ?? {}),
    ...validateLoadBalancerStatus(service),
  ];
}

function validateLoadBalancerStatus({ spec = {}, status = {} }: Service): FieldError[] {
  const ingress = status.loadBalancer?.ingress ?? [];
  const field = 'status.loadBalancer.ingress';
  if (spec.type !== 'LoadBalancer' && ingress.length > 0) {
    return [forbidden(field, "may only be used when `spec.type` is 'LoadBalancer'")];
  }
  return ingress.flatMap(({ ip = '', ipMode, hostname = '' }, index) => {
    const at = `${field}[${index}]`;
    const errors = ip === '' ? [] : addressErrors(`${at}.ip`, ip);
    if (ipMode === undefined) {
      if (ip !== '') errors.push(required(`${at}.ipMode`, 'must be specified when `ip` is set'));
    } else if (ip === '') errors.push(forbidden(`${at}.ipMode`, 'may not be specified when `ip` is not set'));
    else if (!IP_MODES.includes(ipMode)) errors.push(notSupported(`${at}.ipMode`, ipMode, IP_MODES));
    if (hostname === '') return errors;
    errors.push(...invalidEach(`${at}.hostname`, hostname, dnsSubdomainErrors(hostname)));
    if (parseAddress(hostname) !== undefined) {
      errors.push(invalid(`${at}.hostname`, hostname, 'must be a DNS name, not an IP address'));
    }
    return errors;
  });
}
