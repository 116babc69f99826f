/**
 * Writes the protobuf field numbers of the API types this project knows, taken from a Go program that has
 * them linked in: such a program carries the descriptors of its generated.proto files.
 *
 *   node scripts/generate-protobuf-fields.ts "$(command -v kubectl)"
 *
 * Run it after `generate-schema.ts` and commit what it writes:
 *   app/kubernetes/protobuf/fields.generated.json  message → its fields, `name=number`, separated by spaces
 *
 * A field that JSON has inline is written `+message=number`: `+io.k8s.api.core.v1.VolumeSource=2`.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { readFields } from '../app/kubernetes/protobuf/wire.ts';
import { definitionNames, typeSchema } from '../app/kubernetes/schema/schema.ts';

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b, 0x08]);
/** More than any of the descriptors takes up. */
const DESCRIPTOR_MAX = 1024 * 1024;

/** Field numbers of descriptor.proto. */
const FILE = { package: 2, message: 4 };
const MESSAGE = { name: 1, field: 2 };
const FIELD = { name: 1, number: 3, typeName: 6 };

interface Field {
  name: string;
  number: number;
  /** The message it holds, `io.k8s.api.core.v1.VolumeSource`; empty for scalars. */
  message: string;
}

/** `.k8s.io.api.core.v1.Volume` → `io.k8s.api.core.v1.Volume`, the name that OpenAPI knows. */
function definitionName(protoName: string): string {
  return protoName.replace(/^\.?k8s\.io\./, 'io.k8s.');
}

function* descriptors(program: Buffer): Generator<Buffer> {
  for (let at = program.indexOf(GZIP_MAGIC); at >= 0; at = program.indexOf(GZIP_MAGIC, at + 1)) {
    const descriptor = gunzip(program.subarray(at, at + DESCRIPTOR_MAX));
    if (descriptor !== undefined && isDescriptor(descriptor)) yield descriptor;
  }
}

/** A descriptor begins with the name of its file. */
function isDescriptor(bytes: Buffer): boolean {
  const name = bytes.subarray(2, 2 + (bytes[1] ?? 0)).toString('latin1');
  return bytes[0] === 0x0a && name.endsWith('/generated.proto');
}

function gunzip(bytes: Buffer): Buffer | undefined {
  try {
    return gunzipSync(bytes);
  } catch {
    return undefined;
  }
}

function textOf(value: Uint8Array | bigint | undefined): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : '';
}

function readMessages(descriptor: Buffer): Map<string, Field[]> {
  const file = readFields(descriptor);
  const pack = textOf(file.find((field) => field.number === FILE.package)?.value);
  const messages = new Map<string, Field[]>();
  for (const { number, value } of file) {
    if (number !== FILE.message || !(value instanceof Uint8Array)) continue;
    const message = readFields(value);
    const name = textOf(message.find((field) => field.number === MESSAGE.name)?.value);
    const fields = message.flatMap((field) =>
      field.number === MESSAGE.field && field.value instanceof Uint8Array ? [readField(field.value)] : [],
    );
    messages.set(definitionName(`${pack}.${name}`), fields);
  }
  return messages;
}

function readField(bytes: Uint8Array): Field {
  const fields = readFields(bytes);
  const find = (number: number): Uint8Array | bigint | undefined =>
    fields.find((field) => field.number === number)?.value;
  return {
    name: textOf(find(FIELD.name)),
    number: Number(find(FIELD.number)),
    message: definitionName(textOf(find(FIELD.typeName))),
  };
}

/** A message's fields as JSON names them; those of inlined messages are written as messages of their own. */
function writeMessage(name: string, jsonNames: ReadonlySet<string>, context: Context): void {
  const fields = context.messages.get(name);
  if (fields === undefined) throw new Error(`the program does not know ${name}: take a newer kubectl`);
  const written = fields.flatMap((field) => {
    if (jsonNames.has(field.name)) return [`${field.name}=${field.number}`];
    if (field.message === '') {
      console.error(`${name}.${field.name} is not in JSON`);
      return [];
    }
    writeMessage(field.message, jsonNames, context);
    return [`+${field.message}=${field.number}`];
  });
  context.result[name] = written.join(' ');
}

interface Context {
  messages: ReadonlyMap<string, Field[]>;
  result: Record<string, string>;
}

const [program] = process.argv.slice(2);
if (program === undefined) throw new Error('usage: node scripts/generate-protobuf-fields.ts PATH_OF_KUBECTL');
const messages = new Map<string, Field[]>();
for (const descriptor of descriptors(await readFile(program))) {
  for (const [name, fields] of readMessages(descriptor)) messages.set(name, fields);
}
const context: Context = { messages, result: {} };
const unknown: string[] = [];
for (const name of definitionNames()) {
  if (messages.has(name)) writeMessage(name, new Set(typeSchema(name).fields.keys()), context);
  else unknown.push(name);
}
const names = Object.keys(context.result).sort();
const lines = names.map((name) => `${JSON.stringify(name)}: ${JSON.stringify(context.result[name])}`);
const target = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'app', 'kubernetes', 'protobuf');
await writeFile(path.join(target, 'fields.generated.json'), `{\n${lines.join(',\n')}\n}\n`);
console.log(`${names.length} messages; not in this program: ${unknown.join(', ') || 'none'}`);
