/** What the lab's pods answer, on any port and in any protocol: one line of JSON. */

export interface EchoAnswer {
  /** The pod's name. */
  pod: string;
  namespace: string;
  /** The address and port the pod saw the request come from. */
  client: string;
  clientPort: number;
  /** The address and port the pod was called at. */
  address: string;
  port: number;
  protocol: 'HTTP' | 'TCP' | 'UDP';
}

export function formatEcho(answer: EchoAnswer): string {
  return `${JSON.stringify(answer)}\n`;
}

const PROTOCOLS = new Set(['HTTP', 'TCP', 'UDP']);

/** Reads an answer; undefined for anything that is not one (another server answered). */
export function parseEcho(text: string): EchoAnswer | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { pod, namespace, client, clientPort, address, port, protocol } = value as Record<string, unknown>;
  const isAnswer =
    [pod, namespace, client, address].every((part) => typeof part === 'string') &&
    [clientPort, port].every((part) => Number.isInteger(part)) &&
    PROTOCOLS.has(protocol as string);
  return isAnswer ? (value as EchoAnswer) : undefined;
}
