import type { IncomingMessage } from 'node:http';
import { duplicateFields } from '../../../../app/kubernetes/schema/duplicate-fields.ts';
import { KUBERNETES_YAML } from '../../../../app/kubernetes/yaml-options.ts';
import { type ApiError, badRequest, requestTooLarge, unsupportedMediaType } from '../api-error.ts';
import { acceptedTypes, parseMediaType } from './media-types.ts';

/** What kubectl and kube-proxy send objects in that they make themselves; answers are JSON or YAML. */
const protobufType = 'application/vnd.kubernetes.protobuf';
/** The largest body that is read, as in the real server. */
const bodyLimit = 3 * 1024 * 1024;

export interface Body {
  /** Undefined where there is none. */
  json: unknown;
  /** Paths of fields that the text gives twice. */
  duplicates: string[];
}

/** The text of a request. @throws ApiError (413) */
export async function readText(request: IncomingMessage): Promise<string> {
  return (await readBytes(request)).toString('utf8');
}

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimit) throw requestTooLarge(bodyLimit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The body of a create, update or delete: JSON, YAML or protobuf. @throws ApiError (400, 413, 415) */
export async function readBody(request: IncomingMessage): Promise<Body> {
  const { type } = parseMediaType(request.headers['content-type'] ?? 'application/json');
  const bytes = await readBytes(request);
  if (bytes.length === 0) return { json: undefined, duplicates: [] };
  if (type === protobufType) return parseProtobuf(bytes);
  const text = bytes.toString('utf8');
  switch (type) {
    case 'application/json':
    case '*/*':
    case '':
      return parseJson(text, (cause) => badRequest(`couldn't get version/kind; json parse error: ${cause}`));
    case 'application/yaml':
      return parseYaml(text);
    default:
      throw unsupportedMediaType([...acceptedTypes, protobufType]);
  }
}

/** The reader is loaded when first needed: many starts do without. @throws ApiError (400) */
async function parseProtobuf(bytes: Buffer): Promise<Body> {
  const [{ decodeProtobuf, ProtobufError }, { WireError }] = await Promise.all([
    import('../../../../app/kubernetes/protobuf/decode.ts'),
    import('../../../../app/kubernetes/protobuf/wire.ts'),
  ]);
  try {
    return { json: decodeProtobuf(bytes), duplicates: [] };
  } catch (error) {
    if (error instanceof ProtobufError || error instanceof WireError) throw badRequest(error.message);
    throw error;
  }
}

/** @throws what `refuse` makes of a syntax error */
export function parseJson(text: string, refuse: (cause: string) => ApiError): Body {
  try {
    return { json: JSON.parse(text), duplicates: duplicateFields(text) };
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error));
  }
}

/** YAML, of which JSON is a part: most clients send that. @throws ApiError (400) */
export async function parseYaml(text: string): Promise<Body> {
  if (text.trimStart().startsWith('{')) {
    try {
      return { json: JSON.parse(text), duplicates: duplicateFields(text) };
    } catch {
      // A flow mapping that is no JSON.
    }
  }
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text, { ...KUBERNETES_YAML, uniqueKeys: false });
  const [error] = document.errors;
  if (error) throw badRequest(`error decoding YAML: error converting YAML to JSON: yaml: ${error.message}`);
  return { json: document.toJS(), duplicates: [] };
}
