/** The protobuf wire format: a message as its fields, before anything is known of what they mean. */

export interface WireField {
  number: number;
  /** The bytes of a string, bytes or message; a number as it was written, 64 bits without a sign. */
  value: Uint8Array | bigint;
}

/** Bytes that are no protobuf message. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** The fields of a message in their order; one that occurs several times is there several times. */
export function readFields(message: Uint8Array): WireField[] {
  const fields: WireField[] = [];
  let position = 0;

  function varint(): bigint {
    let result = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message[position];
      if (byte === undefined) throw new WireError('unexpected end of message');
      position += 1;
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, result);
    }
    throw new WireError('integer overflow');
  }

  function take(length: number): Uint8Array {
    const end = position + length;
    if (end > message.length) throw new WireError('unexpected end of message');
    const taken = message.subarray(position, end);
    position = end;
    return taken;
  }

  while (position < message.length) {
    const tag = Number(varint());
    const number = tag >>> 3;
    switch (tag & 7) {
      case VARINT:
        fields.push({ number, value: varint() });
        break;
      case BYTES:
        fields.push({ number, value: take(Number(varint())) });
        break;
      case FIXED64:
        fields.push({ number, value: littleEndian(take(8)) });
        break;
      case FIXED32:
        fields.push({ number, value: littleEndian(take(4)) });
        break;
      default:
        throw new WireError(`illegal wire type ${tag & 7}`);
    }
  }
  return fields;
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((result, byte) => (result << 8n) | BigInt(byte), 0n);
}
