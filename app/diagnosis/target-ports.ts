/** Whether the pods behind a Service listen where it sends. */
import type { Diagnosis } from '../contract/diagnosis.ts';
import type { Pod, Protocol, ServicePort } from '../kubernetes/objects.ts';
import { listeningPorts } from '../lab/known-ports.ts';

interface Listening {
  readonly port: number;
  readonly protocol: Protocol;
  readonly name: string;
}

/** @param pods those that could answer: neither ended nor ending */
export function diagnoseTargetPorts(ports: readonly ServicePort[], pods: readonly Pod[]): Diagnosis[] {
  if (pods.length === 0) return [];
  const listening = pods.map(listeningOf);
  return ports.flatMap((port, index) => {
    const diagnosis = diagnoseTargetPort(port, listening);
    return diagnosis === undefined ? [] : [{ ...diagnosis, field: `spec.ports[${index}].targetPort` }];
  });
}

/** Where no container declares a port, the lab's pods listen on what their image is known for. */
function listeningOf({ spec }: Pod): Listening[] {
  return (spec?.containers ?? []).flatMap((container) =>
    listeningPorts(container).map(({ containerPort, protocol, name = '' }) => ({
      port: containerPort,
      protocol,
      name,
    })),
  );
}

function diagnoseTargetPort(servicePort: ServicePort, pods: readonly Listening[][]): Diagnosis | undefined {
  const { port, protocol = 'TCP' } = servicePort;
  const targetPort = servicePort.targetPort || port;
  const isNamed = (one: Listening): boolean =>
    typeof targetPort === 'string' ? one.name === targetPort : one.port === targetPort;
  const deaf = pods.filter((all) => !all.some((one) => isNamed(one) && one.protocol === protocol));
  if (deaf.length === 0) return undefined;
  // Some that answer and some that do not: requests fail now and then, or (by name) go to the others alone.
  const severity = deaf.length < pods.length ? 'warning' : 'problem';
  const params = { port, targetPort };
  if (deaf.every((all) => all.some(isNamed))) {
    return { code: 'protocol-unheard', severity, params: { ...params, protocol } };
  }
  if (typeof targetPort === 'string') {
    return { code: 'target-port-name-unknown', severity, params: { ...params, pods: deaf.length } };
  }
  const heard = new Set(deaf.flat().map((one) => `${one.port}/${one.protocol}`));
  return {
    code: 'target-port-unheard',
    severity,
    params: { ...params, pods: deaf.length, listening: [...heard].join(', ') },
  };
}
