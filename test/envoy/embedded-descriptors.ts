import { fromBinary } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { type FileDescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";

/** The numbers of `FileDescriptorProto`'s fields, and that of its last one in a file of the syntax "proto3": the syntax. */
const FIELDS = { name: 1, publicDependency: 10, weakDependency: 11, syntax: 12 };
const NAME_END = Buffer.from(".proto");
/** A name's length is one byte up to here. */
const LONGEST_NAME = 127;

/**
 * The descriptions of messages that a program in C++ carries: the compiler of protobuf puts each file's descriptor into it as it
 * is, field by field in the order of their numbers. What is found is read whole, or it is none.
 */
export function embeddedDescriptors(program: Buffer): ReadonlyMap<string, FileDescriptorProto> {
  const found = new Map<string, FileDescriptorProto>();
  for (let at = program.indexOf(NAME_END); at !== -1; at = program.indexOf(NAME_END, at + 1)) {
    const start = startOfName(program, at + NAME_END.length);
    const file = start === undefined ? undefined : descriptorAt(program, start);
    if (file !== undefined && !found.has(file.name)) found.set(file.name, file);
  }
  return found;
}

/** Where the field with the name begins that ends here: its tag and its length stand before it. */
function startOfName(program: Buffer, end: number): number | undefined {
  for (let length = NAME_END.length + 1; length <= LONGEST_NAME; length++) {
    const start = end - length - 2;
    if (program[start] === 0x0a && program[start + 1] === length) return start;
  }
  return undefined;
}

/** Its end is not written anywhere: it is where the syntax has been, which every file of Envoy's states. */
function descriptorAt(program: Buffer, start: number): FileDescriptorProto | undefined {
  const rest = program.subarray(start);
  const reader = new BinaryReader(rest);
  try {
    for (let last = 0; last !== FIELDS.syntax; ) {
      const [number, wireType] = reader.tag();
      const isNumber = number === FIELDS.publicDependency || number === FIELDS.weakDependency;
      if (number < last || number > FIELDS.syntax) return undefined;
      if (wireType !== (isNumber ? WireType.Varint : WireType.LengthDelimited)) return undefined;
      reader.skip(wireType, number);
      last = number;
    }
    return fromBinary(FileDescriptorProtoSchema, rest.subarray(0, reader.pos));
  } catch {
    // the name stood there for another purpose
    return undefined;
  }
}
