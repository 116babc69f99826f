/** The ports of a Service. */
import type { ServicePort, ServiceSpec } from '../objects.ts';
import { duplicate, type FieldError, forbidden, invalidEach, notSupported, required } from './field-error.ts';
import { dnsLabelErrors, portErrors, portNumberErrors, qualifiedNameErrors } from './names.ts';

export const PROTOCOLS: readonly string[] = ['SCTP', 'TCP', 'UDP'];

/** Each port by itself, and its name among the others. */
export function validateServicePorts(ports: readonly ServicePort[]): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const field = `spec.ports[${index}]`;
    const errors = [
      ...validateName(field, port, { names, required: ports.length > 1 }),
      ...validateNumbers(field, port),
    ];
    if (port.name) names.add(port.name);
    return errors;
  });
}

function validateName(
  field: string,
  { name = '' }: ServicePort,
  options: { names: ReadonlySet<string>; required: boolean },
): FieldError[] {
  if (name === '') return options.required ? [required(`${field}.name`)] : [];
  const errors = invalidEach(`${field}.name`, name, dnsLabelErrors(name));
  return options.names.has(name) ? [...errors, duplicate(`${field}.name`, name)] : errors;
}

function validateNumbers(
  field: string,
  { port, protocol, targetPort = 0, appProtocol }: ServicePort,
): FieldError[] {
  const errors = invalidEach(`${field}.port`, port, portNumberErrors(port));
  if (protocol === undefined) errors.push(required(`${field}.protocol`));
  else if (!PROTOCOLS.includes(protocol)) errors.push(notSupported(`${field}.protocol`, protocol, PROTOCOLS));
  errors.push(...invalidEach(`${field}.targetPort`, targetPort, portErrors(targetPort)));
  if (appProtocol !== undefined) {
    errors.push(...invalidEach(`${field}.appProtocol`, appProtocol, qualifiedNameErrors(appProtocol)));
  }
  return errors;
}

/** Node ports where there are none, and ports given twice. */
export function validateDuplicatePorts({ type, ports = [] }: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  if (type === 'ClusterIP') {
    for (const [index, port] of ports.entries()) {
      if (!port.nodePort) continue;
      errors.push(forbidden(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'"));
    }
  }
  errors.push(
    ...duplicates(
      ports,
      ({ nodePort, protocol }) => (nodePort ? `${protocol}/${nodePort}` : undefined),
      (port, field) => duplicate(`${field}.nodePort`, port.nodePort),
    ),
    ...duplicates(
      ports,
      ({ port, protocol }) => `${protocol}/${port}`,
      (port, field) => duplicate(field, portKey(port)),
    ),
  );
  return errors;
}

function duplicates(
  ports: readonly ServicePort[],
  keyOf: (port: ServicePort) => string | undefined,
  error: (port: ServicePort, field: string) => FieldError,
): FieldError[] {
  const seen = new Set<string>();
  return ports.flatMap((port, index) => {
    const key = keyOf(port);
    if (key === undefined) return [];
    if (seen.has(key)) return [error(port, `spec.ports[${index}]`)];
    seen.add(key);
    return [];
  });
}

/** A port as the API shows it among duplicates: its internal type, with nothing but protocol and number. */
function portKey({ port, protocol }: ServicePort): Record<string, unknown> {
  return { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 };
}
