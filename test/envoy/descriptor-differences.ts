import {
  type DescriptorProto,
  type EnumDescriptorProto,
  type EnumValueDescriptorProto,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  type FileDescriptorProto,
} from "@bufbuild/protobuf/wkt";

/** Extensions in envoy/annotations/deprecation.proto: Envoy refuses the field, or the value, unless it is told otherwise. */
const REFUSED = [189_503_207, 70_100_853];

/**
 * One sentence for each message, field, enum or value of ours that is not theirs, or is there, but deprecated. What they have
 * and we have not is no difference.
 */
export function descriptorDifferences(ours: FileDescriptorProto, theirs: FileDescriptorProto): string[] {
  const said = difference(ours.name, { package: ours.package, syntax: ours.syntax }, { ...theirs });
  for (const message of ours.messageType) {
    said.push(...ofMessage(`${ours.package}.${message.name}`, message, named(theirs.messageType, message.name)));
  }
  for (const one of ours.enumType)
    said.push(...ofEnum(`${ours.package}.${one.name}`, one, named(theirs.enumType, one.name)));
  return said;
}

function ofMessage(path: string, ours: DescriptorProto, theirs: DescriptorProto | undefined): string[] {
  if (theirs === undefined) return [`${path} does not exist`];
  const said = difference(path, { map: ours.options?.mapEntry ?? false }, { map: theirs.options?.mapEntry ?? false });
  for (const field of ours.field) {
    const other = named(theirs.field, field.name);
    const at = `${path}.${field.name}`;
    if (other === undefined) said.push(`${at} does not exist`);
    else said.push(...difference(at, shape(field, ours), shape(other, theirs)), ...deprecation(at, other));
  }
  for (const nested of ours.nestedType) {
    said.push(...ofMessage(`${path}.${nested.name}`, nested, named(theirs.nestedType, nested.name)));
  }
  for (const one of ours.enumType) said.push(...ofEnum(`${path}.${one.name}`, one, named(theirs.enumType, one.name)));
  return said;
}

function ofEnum(path: string, ours: EnumDescriptorProto, theirs: EnumDescriptorProto | undefined): string[] {
  if (theirs === undefined) return [`${path} does not exist`];
  return ours.value.flatMap((value) => {
    const other = named(theirs.value, value.name);
    const at = `${path}.${value.name}`;
    if (other === undefined) return [`${at} does not exist`];
    // an enum must have a 0, whatever that means
    const deprecated = value.number === 0 ? [] : deprecation(at, other);
    return [...difference(at, { number: value.number }, { number: other.number }), ...deprecated];
  });
}

/** All of a field that decides how it is written, in bytes and in JSON. */
function shape(field: FieldDescriptorProto, { oneofDecl }: DescriptorProto): Readonly<Record<string, unknown>> {
  const oneof = Object.hasOwn(field, "oneofIndex") ? oneofDecl[field.oneofIndex]?.name : undefined;
  return {
    number: field.number,
    type: FieldDescriptorProto_Type[field.type],
    "type's name": field.typeName,
    label: FieldDescriptorProto_Label[field.label],
    oneof: oneof,
    optional: field.proto3Optional,
    packed: field.options && Object.hasOwn(field.options, "packed") ? field.options.packed : undefined,
    // compiled descriptors leave it out where it is the usual one
    "name in JSON": field.jsonName || jsonName(field.name),
  };
}

function jsonName(name: string): string {
  return name.replace(/_+(.?)/g, (_, letter: string) => letter.toUpperCase());
}

function deprecation(path: string, { options }: FieldDescriptorProto | EnumValueDescriptorProto): string[] {
  const refused = options?.$unknown?.some(({ no }) => REFUSED.includes(no)) ?? false;
  return options?.deprecated || refused ? [`${path} is ${refused ? "refused" : "deprecated"}`] : [];
}

type Properties = Readonly<Record<string, unknown>>;

function difference(path: string, ours: Properties, theirs: Properties): string[] {
  const differing = Object.keys(ours).filter((key) => ours[key] !== theirs[key]);
  return differing.map((key) => `${path}: ${key} is ${String(theirs[key])}, not ${String(ours[key])}`);
}

function named<T extends { readonly name: string }>(all: readonly T[], name: string): T | undefined {
  return all.find((each) => each.name === name);
}
