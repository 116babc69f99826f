/** The containers of a pod: the fields that decide whether it can be what it says. */
import { parseQuantity } from '../quantity.ts';
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  invalidEach,
  notSupported,
  required,
} from './field-error.ts';
import {
  dnsLabelErrors,
  environmentNameErrors,
  portErrors,
  portNameErrors,
  portNumberErrors,
} from './names.ts';
import { validateNonnegative } from './object-meta.ts';
import { PROTOCOLS } from './service-ports.ts';

interface ContainerPort {
  name?: string;
  containerPort?: number;
  hostPort?: number;
  hostIP?: string;
  protocol?: string;
}

interface Handler {
  exec?: { command?: string[] };
  httpGet?: { path?: string; port: number | string; scheme?: string };
  tcpSocket?: { port: number | string };
  grpc?: { port: number };
  sleep?: { seconds: number };
}

interface Probe extends Handler {
  initialDelaySeconds?: number;
  timeoutSeconds?: number;
  periodSeconds?: number;
  successThreshold?: number;
  failureThreshold?: number;
}

export interface Container {
  name?: string;
  image?: string;
  imagePullPolicy?: string;
  terminationMessagePolicy?: string;
  ports?: ContainerPort[];
  env?: { name?: string; value?: string; valueFrom?: unknown }[];
  resources?: { limits?: Record<string, string>; requests?: Record<string, string> };
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  startupProbe?: Probe;
}

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const TERMINATION_POLICIES = ['FallbackToLogsOnError', 'File'];
const SCHEMES = ['HTTP', 'HTTPS'];
const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const;

export interface ContainersOptions {
  hostNetwork: boolean;
  /** Names that other lists of the pod already took. */
  taken?: ReadonlySet<string>;
}

export function validateContainers(
  field: string,
  containers: Container[],
  options: ContainersOptions,
): FieldError[] {
  const names = new Set(options.taken);
  return containers.flatMap((container, index) => {
    const at = `${field}[${index}]`;
    const errors = validateContainer(at, container, options.hostNetwork);
    const name = container.name ?? '';
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    return errors;
  });
}

function validateContainer(field: string, container: Container, hostNetwork: boolean): FieldError[] {
  const { name = '', image = '', imagePullPolicy = '', terminationMessagePolicy = '' } = container;
  const errors =
    name === '' ? [required(`${field}.name`)] : invalidEach(`${field}.name`, name, dnsLabelErrors(name));
  if (image === '') errors.push(required(`${field}.image`));
  else if (image.trim() !== image) {
    errors.push(invalid(`${field}.image`, image, 'must not have leading or trailing whitespace'));
  }
  if (terminationMessagePolicy === '') errors.push(required(`${field}.terminationMessagePolicy`));
  else if (!TERMINATION_POLICIES.includes(terminationMessagePolicy)) {
    errors.push(
      notSupported(`${field}.terminationMessagePolicy`, terminationMessagePolicy, TERMINATION_POLICIES),
    );
  }
  errors.push(
    ...validateContainerPorts(`${field}.ports`, container.ports ?? [], hostNetwork),
    ...validateEnvironment(`${field}.env`, container),
  );
  if (imagePullPolicy === '') errors.push(required(`${field}.imagePullPolicy`));
  else if (!PULL_POLICIES.includes(imagePullPolicy)) {
    errors.push(notSupported(`${field}.imagePullPolicy`, imagePullPolicy, PULL_POLICIES));
  }
  return [
    ...errors,
    ...validateResources(`${field}.resources`, container),
    ...validateProbes(field, container),
  ];
}

function validateContainerPorts(field: string, ports: ContainerPort[], hostNetwork: boolean): FieldError[] {
  const names = new Set<string>();
  const errors = ports.flatMap((port, index) => {
    const at = `${field}[${index}]`;
    const { name = '', containerPort = 0, hostPort = 0, protocol = '' } = port;
    const wrong = name === '' ? [] : invalidEach(`${at}.name`, name, portNameErrors(name));
    if (name !== '' && wrong.length === 0) {
      if (names.has(name)) wrong.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
    if (containerPort === 0) wrong.push(required(`${at}.containerPort`));
    else wrong.push(...invalidEach(`${at}.containerPort`, containerPort, portNumberErrors(containerPort)));
    if (hostPort !== 0) wrong.push(...invalidEach(`${at}.hostPort`, hostPort, portNumberErrors(hostPort)));
    if (protocol === '') wrong.push(required(`${at}.protocol`));
    else if (!PROTOCOLS.includes(protocol)) wrong.push(notSupported(`${at}.protocol`, protocol, PROTOCOLS));
    return wrong;
  });
  if (!hostNetwork) return errors;
  for (const [index, { containerPort = 0, hostPort = 0 }] of ports.entries()) {
    if (hostPort === containerPort) continue;
    const detail = 'must match `hostPort` when `hostNetwork` is true';
    errors.push(invalid(`${field}[${index}].containerPort`, containerPort, detail));
  }
  return errors;
}

function validateEnvironment(field: string, { env = [] }: Container): FieldError[] {
  return env.flatMap(({ name = '', value = '', valueFrom }, index) => {
    const at = `${field}[${index}]`;
    const errors =
      name === '' ? [required(`${at}.name`)] : invalidEach(`${at}.name`, name, environmentNameErrors(name));
    if (valueFrom !== undefined && value !== '') {
      errors.push(invalid(`${at}.valueFrom`, '', 'may not be specified when `value` is not empty'));
    }
    return errors;
  });
}

function validateResources(field: string, { resources = {} }: Container): FieldError[] {
  const { limits = {}, requests = {} } = resources;
  const negative = Object.entries({ limits, requests }).flatMap(([name, list]) =>
    Object.entries(list)
      .filter(([, quantity]) => parseQuantity(quantity).nano < 0n)
      .map(([resource, quantity]) =>
        invalid(`${field}.${name}[${resource}]`, quantity, 'must be greater than or equal to 0'),
      ),
  );
  const above = Object.entries(requests).flatMap(([resource, request]) => {
    const limit = limits[resource];
    if (limit === undefined || parseQuantity(request).nano <= parseQuantity(limit).nano) return [];
    return [
      invalid(`${field}.requests`, request, `must be less than or equal to ${resource} limit of ${limit}`),
    ];
  });
  return [...negative, ...above];
}

function validateProbes(field: string, container: Container): FieldError[] {
  const { livenessProbe, readinessProbe, startupProbe } = container;
  const errors = [
    ...validateProbe(`${field}.livenessProbe`, livenessProbe),
    ...validateProbe(`${field}.readinessProbe`, readinessProbe),
    ...validateProbe(`${field}.startupProbe`, startupProbe),
  ];
  for (const [name, probe] of Object.entries({ livenessProbe, startupProbe })) {
    if (probe?.successThreshold === undefined || probe.successThreshold === 1) continue;
    errors.push(invalid(`${field}.${name}.successThreshold`, probe.successThreshold, 'must be 1'));
  }
  return errors;
}

function validateProbe(field: string, probe: Probe | undefined): FieldError[] {
  if (probe === undefined) return [];
  const numbers = [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ] as const;
  return [
    ...validateHandler(field, probe),
    ...numbers.flatMap((name) => validateNonnegative(`${field}.${name}`, probe[name] ?? 0)),
  ];
}

function validateHandler(field: string, handler: Handler): FieldError[] {
  const given = HANDLERS.filter((name) => handler[name] !== undefined);
  if (given.length === 0) return [required(field, 'must specify a handler type')];
  const more = given
    .slice(1)
    .map((name) => forbidden(`${field}.${name}`, 'may not specify more than 1 handler type'));
  const [first] = given;
  if (first === 'exec' && !handler.exec?.command?.length) return [required(`${field}.exec.command`), ...more];
  if (first === 'httpGet' && handler.httpGet !== undefined) {
    return [...validateHttpGet(`${field}.httpGet`, handler.httpGet), ...more];
  }
  const port =
    first === 'tcpSocket' ? handler.tcpSocket?.port : first === 'grpc' ? handler.grpc?.port : undefined;
  if (port === undefined) return more;
  return [...invalidEach(`${field}.${first}.port`, port, portErrors(port)), ...more];
}

function validateHttpGet(field: string, action: NonNullable<Handler['httpGet']>): FieldError[] {
  const { path = '', port, scheme = '' } = action;
  const errors = path === '' ? [required(`${field}.path`)] : [];
  errors.push(...invalidEach(`${field}.port`, port, portErrors(port)));
  if (!SCHEMES.includes(scheme)) errors.push(notSupported(`${field}.scheme`, scheme, SCHEMES));
  return errors;
}
