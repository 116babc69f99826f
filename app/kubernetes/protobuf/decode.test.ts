import { describe, expect, test } from 'vitest';
import { strictDecode } from '../schema/decode.ts';
import { parseGroupVersionKind } from '../schema/kinds.ts';
import { decodeProtobuf, ProtobufError } from './decode.ts';
import { readFields, WireError } from './wire.ts';

/** What kubectl 1.32 sends for `kubectl create …`, as recorded on the wire. */
const SENT = {
  service:
    'azhzAAoNCgJ2MRIHU2VydmljZRJzCiMKBWFnYWluEgAaACIAKgAyADgAQgBaDAoDYXBwEgVhZ2FpbhJICiAKBzgwLWh0dHASA1RDUBhQIgoIARAAGgRodHRwKPTxARIMCgNhcHASBWFnYWluGgAiCE5vZGVQb3J0OgBCAFIAWgBgAGgAGgIKABoAIgA=',
  deployment:
    'azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50ErgBCh8KA3dlYhIAGgAiACoAMgA4AEIAWgoKA2FwcBIDd2ViEoYBCAISDAoKCgNhcHASA3dlYhpsChwKABIAGgAiACoAMgA4AEIAWgoKA2FwcBIDd2ViEkwSLgoFbmdpbngSBW5naW54KgAyCgoAEAAYUCIAKgBCAGoAcgCAAQCIAQCQAQCiAQAaADIAQgBKAFIAWABgAGgAggEAigEAmgEAwgEAIgIKACgAOAAaDAgAEAAYACAAKAA4ABoAIgA=',
  review:
    'azhzAAoyChdhdXRob3JpemF0aW9uLms4cy5pby92MRIXU2VsZlN1YmplY3RBY2Nlc3NSZXZpZXcSQwoQCgASABoAIgAqADIAOABCABIlCiMKB2RlZmF1bHQSBmNyZWF0ZRoAIgAqCHNlcnZpY2VzMgA6ABoICAASABoAIAAaACIA',
  secret: 'azhzAAoMCgJ2MRIGU2VjcmV0Eh0KEQoBYRIAGgAiACoAMgA4AEIAEgYKAWISAWMaABoAIgA=',
};

function bytes(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** The object as a server makes it of the bytes: zero values gone. */
function received(base64: string): unknown {
  const json = decodeProtobuf(bytes(base64));
  return strictDecode(parseGroupVersionKind(json), json).object;
}

describe('what kubectl creates', () => {
  test('a Service: a named target port, a node port', () => {
    expect(received(SENT.service)).toEqual({
      kind: 'Service',
      apiVersion: 'v1',
      metadata: { name: 'again', labels: { app: 'again' } },
      spec: {
        type: 'NodePort',
        selector: { app: 'again' },
        ports: [{ name: '80-http', protocol: 'TCP', port: 80, targetPort: 'http', nodePort: 30964 }],
      },
      status: { loadBalancer: {} },
    });
  });

  test('a Deployment: messages in messages', () => {
    expect(received(SENT.deployment)).toMatchObject({
      apiVersion: 'apps/v1',
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'web' } },
        template: {
          spec: { containers: [{ name: 'nginx', image: 'nginx', ports: [{ containerPort: 80 }] }] },
        },
      },
    });
  });

  test('a review, and bytes as base64', () => {
    expect(received(SENT.review)).toMatchObject({
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { namespace: 'default', verb: 'create', resource: 'services' } },
    });
    expect(received(SENT.secret)).toMatchObject({ kind: 'Secret', data: { b: 'Yw==' } });
  });
});

/** A message field: a string, a number or another message. */
function field(number: number, value: string | number | number[]): number[] {
  if (typeof value === 'number') return [number << 3, value];
  const content = typeof value === 'string' ? [...new TextEncoder().encode(value)] : value;
  return [(number << 3) | 2, content.length, ...content];
}

function envelope(kind: string, message: number[]): Uint8Array {
  const typeMeta = [...field(1, 'v1'), ...field(2, kind)];
  return Uint8Array.from([0x6b, 0x38, 0x73, 0, ...field(1, typeMeta), ...field(2, message)]);
}

test('what JSON has inline is a message of its own; times are seconds since 1970', () => {
  const httpGet = field(2, [...field(1, '/healthz'), ...field(2, [...field(1, 0), ...field(2, 80)])]);
  const probe = field(1, httpGet);
  const container = [...field(1, 'web'), ...field(11, probe)];
  const metadata = field(8, field(1, 60));
  const pod = [...field(1, metadata), ...field(2, field(2, container))];
  expect(decodeProtobuf(envelope('Pod', pod))).toMatchObject({
    metadata: { creationTimestamp: '1970-01-01T00:01:00Z' },
    spec: { containers: [{ name: 'web', readinessProbe: { httpGet: { path: '/healthz', port: 80 } } }] },
  });
});

test('numbers below zero take ten bytes, unknown fields are passed over', () => {
  const minusOne = [...Array<number>(9).fill(0xff), 1];
  const port = [3 << 3, ...minusOne, ...field(15, 'later')];
  const object = decodeProtobuf(envelope('Service', field(2, field(1, port))));
  expect(object).toMatchObject({ spec: { ports: [{ port: -1 }] } });
});

test.each<[string, () => unknown, typeof ProtobufError | typeof WireError]>([
  [
    'other bytes',
    () => decodeProtobuf(new TextEncoder().encode('{"kind":"Service"}')),
    ProtobufError as never,
  ],
  ['a kind without a schema', () => decodeProtobuf(envelope('Widget', [])), ProtobufError],
  ['a message cut short', () => decodeProtobuf(envelope('Service', [0x0a, 0x05, 0x01])), WireError],
  ['a group, which is no field', () => readFields(Uint8Array.from([0x0b])), WireError],
])('%s are refused', (_name, decode, error) => {
  expect(decode).toThrow(error);
});
