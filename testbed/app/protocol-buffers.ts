/**
 * The little of protocol buffers that the application speaks. What is absent is 0 or empty, and fields that are not known are skipped.
 * See https://protobuf.dev/programming-guides/encoding/.
 */

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;
const FIXED32_BYTES = 4;

/** A whole number from 0 on, as `int32` or an enum. `field` is at most 15, so that its tag is one byte. */
export function numberField(field: number, value: number): Buffer {
  return Buffer.concat([tag(field, VARINT), varint(value)]);
}

/** A `float`. */
export function floatField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(FIXED32_BYTES);
  bytes.writeFloatLE(value);
  return Buffer.concat([tag(field, FIXED32), bytes]);
}

/** A text in UTF-8, or a message. */
export function bytesField(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([tag(field, LENGTH_DELIMITED), varint(bytes.length), bytes]);
}

/** What a message has, by the numbers of its fields. */
export interface MessageFields {
  number(field: number): number;
  float(field: number): number;
  bytes(field: number): Buffer;
}

/** Reads a message. Of a field that is there twice the later one counts. @throws RangeError for one that is cut, or has a group. */
export function fieldsOf(message: Buffer): MessageFields {
  const numbers = new Map<number, number>();
  const rest = new Map<number, Buffer>();
  let at = 0;
  const varintHere = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = message[at++];
      if (byte === undefined) throw new RangeError("a protocol buffer that ends within a number");
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError("a protocol buffer with a number too long for a tag or length");
  };
  const bytesHere = (length: number): Buffer => {
    if (at + length > message.length) throw new RangeError("a protocol buffer that ends within a field");
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const [field, type] = split(varintHere());
    if (type === VARINT) numbers.set(field, varintHere());
    else if (type === LENGTH_DELIMITED) rest.set(field, bytesHere(varintHere()));
    else if (type === FIXED32) rest.set(field, bytesHere(FIXED32_BYTES));
    else throw new RangeError(`a protocol buffer with wire type ${type}`);
  }
  const bytes = (field: number): Buffer => rest.get(field) ?? Buffer.alloc(0);
  return {
    bytes,
    number: (field) => numbers.get(field) ?? 0,
    float: (field) => (bytes(field).length === FIXED32_BYTES ? bytes(field).readFloatLE() : 0),
  };
}

function split(tagged: number): readonly [field: number, type: number] {
  return [tagged >> 3, tagged & 7];
}

function tag(field: number, type: number): Buffer {
  return Buffer.from([(field << 3) | type]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest < 128 ? rest : (rest % 128) | 0x80);
    if (rest < 128) return Buffer.from(bytes);
  }
}
