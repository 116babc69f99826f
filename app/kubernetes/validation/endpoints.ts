/** Endpoints (core/v1) and EndpointSlices (discovery.k8s.io/v1). */
import type { Endpoint, EndpointPort, EndpointSlice, KubernetesObject } from '../objects.ts';
import {
  duplicate,
  type FieldError,
  invalid,
  invalidEach,
  notSupported,
  required,
  tooMany,
} from './field-error.ts';
import { addressErrors, parseAddress, specialAddressErrors } from './ip.ts';
import { dnsLabelErrors, dnsSubdomainErrors, portNumberErrors, qualifiedNameErrors } from './names.ts';
import { validateImmutable, validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts';
import { PROTOCOLS } from './service-ports.ts';

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];
const MAX_ENDPOINTS = 1000;
const MAX_ADDRESSES = 100;
const MAX_PORTS = 100;
const MAX_HINTS = 8;
const METADATA = { namespaced: true, nameErrors: dnsSubdomainErrors };

export function validateEndpointSliceCreate(slice: EndpointSlice): FieldError[] {
  return [...validateObjectMeta(slice.metadata ?? {}, METADATA), ...validateEndpointSlice(slice)];
}

export function validateEndpointSliceUpdate(slice: EndpointSlice, old: EndpointSlice): FieldError[] {
  return [
    ...validateObjectMetaUpdate(slice.metadata ?? {}, old.metadata ?? {}),
    ...validateEndpointSlice(slice),
    ...validateImmutable('addressType', slice.addressType, old.addressType),
  ];
}

function validateEndpointSlice(slice: EndpointSlice): FieldError[] {
  return [
    ...validateAddressType(slice.addressType),
    ...validateSliceEndpoints(slice.endpoints ?? [], slice.addressType),
    ...validateSlicePorts(slice.ports ?? []),
  ];
}

function validateAddressType(type: string): FieldError[] {
  if (type === '') return [required('addressType')];
  return ADDRESS_TYPES.includes(type) ? [] : [notSupported('addressType', type, ADDRESS_TYPES)];
}

function validateSliceEndpoints(endpoints: Endpoint[], type: string): FieldError[] {
  if (endpoints.length > MAX_ENDPOINTS) return [tooMany('endpoints', endpoints.length, MAX_ENDPOINTS)];
  return endpoints.flatMap((endpoint, index) => {
    const field = `endpoints[${index}]`;
    const addresses = endpoint.addresses ?? [];
    const errors: FieldError[] = [];
    if (addresses.length === 0)
      errors.push(required(`${field}.addresses`, 'must contain at least 1 address'));
    else if (addresses.length > MAX_ADDRESSES) {
      errors.push(tooMany(`${field}.addresses`, addresses.length, MAX_ADDRESSES));
    }
    errors.push(
      ...addresses.flatMap((address, position) =>
        validateSliceAddress(`${field}.addresses[${position}]`, address, type),
      ),
    );
    const { nodeName, hostname } = endpoint;
    if (nodeName !== undefined)
      errors.push(...invalidEach(`${field}.nodeName`, nodeName, dnsSubdomainErrors(nodeName)));
    if (hostname !== undefined)
      errors.push(...invalidEach(`${field}.hostname`, hostname, dnsLabelErrors(hostname)));
    return [...errors, ...validateHints(`${field}.hints`, endpoint)];
  });
}

function validateSliceAddress(field: string, address: string, type: string): FieldError[] {
  if (type === 'FQDN') return fullyQualifiedNameErrors(field, address);
  if (type !== 'IPv4' && type !== 'IPv6') return [];
  const errors = addressErrors(field, address);
  if (errors.length > 0) return errors;
  const family =
    parseAddress(address)?.family === type ? [] : [invalid(field, address, `must be an ${type} address`)];
  return [...family, ...specialAddressErrors(field, address)];
}

function fullyQualifiedNameErrors(field: string, name: string): FieldError[] {
  if (name === '') return [required(field)];
  const bare = name.replace(/\.$/, '');
  const errors = dnsSubdomainErrors(bare);
  if (errors.length > 0) return invalidEach(field, bare, errors);
  if (bare.split('.').length < 2)
    return [invalid(field, bare, 'should be a domain with at least two segments separated by dots')];
  return bare.split('.').flatMap((label) => invalidEach(field, label, dnsLabelErrors(label)));
}

function validateHints(field: string, { hints }: Endpoint): FieldError[] {
  const lists = [
    ['forZones', hints?.forZones ?? []],
    ['forNodes', hints?.forNodes ?? []],
  ] as const;
  return lists.flatMap(([name, entries]) => {
    const at = `${field}.${name}`;
    if (entries.length > MAX_HINTS) return [tooMany(at, entries.length, MAX_HINTS)];
    return entries.flatMap((entry, index) => {
      const earlier = entries.slice(0, index).some((other) => other.name === entry.name);
      return earlier ? [duplicate(`${at}[${index}].name`, entry.name)] : [];
    });
  });
}

function validateSlicePorts(ports: EndpointPort[]): FieldError[] {
  if (ports.length > MAX_PORTS) return [tooMany('ports', ports.length, MAX_PORTS)];
  const names = new Set<string>();
  return ports.flatMap(({ name = '', protocol, appProtocol }, index) => {
    const field = `ports[${index}]`;
    const errors = name === '' ? [] : invalidEach(`${field}.name`, name, dnsLabelErrors(name));
    if (names.has(name)) errors.push(duplicate(`${field}.name`, name));
    names.add(name);
    if (protocol === undefined) errors.push(required(`${field}.protocol`));
    else if (!PROTOCOLS.includes(protocol))
      errors.push(notSupported(`${field}.protocol`, protocol, PROTOCOLS));
    if (appProtocol !== undefined) {
      errors.push(...invalidEach(`${field}.appProtocol`, appProtocol, qualifiedNameErrors(appProtocol)));
    }
    return errors;
  });
}

interface EndpointAddress {
  ip: string;
  hostname?: string;
  nodeName?: string;
}

interface Endpoints extends KubernetesObject {
  subsets?: {
    addresses?: EndpointAddress[];
    notReadyAddresses?: EndpointAddress[];
    ports?: EndpointPort[];
  }[];
}

export function validateEndpointsCreate(endpoints: Endpoints): FieldError[] {
  return [...validateObjectMeta(endpoints.metadata ?? {}, METADATA), ...validateSubsets(endpoints)];
}

export function validateEndpointsUpdate(endpoints: Endpoints, old: Endpoints): FieldError[] {
  return [
    ...validateObjectMetaUpdate(endpoints.metadata ?? {}, old.metadata ?? {}),
    ...validateSubsets(endpoints),
  ];
}

function validateSubsets({ subsets = [] }: Endpoints): FieldError[] {
  return subsets.flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }, index) => {
    const field = `subsets[${index}]`;
    const errors: FieldError[] = [];
    if (addresses.length + notReadyAddresses.length === 0) {
      errors.push(required(field, 'must specify `addresses` or `notReadyAddresses`'));
    }
    errors.push(
      ...addresses.flatMap((address, i) => validateEndpointAddress(`${field}.addresses[${i}]`, address)),
    );
    errors.push(
      ...notReadyAddresses.flatMap((address, i) =>
        validateEndpointAddress(`${field}.notReadyAddresses[${i}]`, address),
      ),
    );
    const named = ports.length > 1;
    return [
      ...errors,
      ...ports.flatMap((port, i) => validateEndpointPort(`${field}.ports[${i}]`, port, named)),
    ];
  });
}

function validateEndpointAddress(
  field: string,
  { ip, hostname = '', nodeName }: EndpointAddress,
): FieldError[] {
  const errors = addressErrors(`${field}.ip`, ip);
  if (hostname !== '') errors.push(...invalidEach(`${field}.hostname`, hostname, dnsLabelErrors(hostname)));
  if (nodeName !== undefined)
    errors.push(...invalidEach(`${field}.nodeName`, nodeName, dnsSubdomainErrors(nodeName)));
  return [...errors, ...specialAddressErrors(`${field}.ip`, ip)];
}

function validateEndpointPort(field: string, port: EndpointPort, named: boolean): FieldError[] {
  const { name = '', protocol, appProtocol } = port;
  const number = port.port ?? 0;
  const errors: FieldError[] = [];
  if (name === '' && named) errors.push(required(`${field}.name`));
  else if (name !== '') errors.push(...invalidEach(`${field}.name`, name, dnsLabelErrors(name)));
  errors.push(...invalidEach(`${field}.port`, number, portNumberErrors(number)));
  if (protocol === undefined) errors.push(required(`${field}.protocol`));
  else if (!PROTOCOLS.includes(protocol)) errors.push(notSupported(`${field}.protocol`, protocol, PROTOCOLS));
  if (appProtocol !== undefined) {
    errors.push(...invalidEach(`${field}.appProtocol`, appProtocol, qualifiedNameErrors(appProtocol)));
  }
  return errors;
}
