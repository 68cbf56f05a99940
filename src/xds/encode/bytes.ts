import { type DescField, type DescMessage, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { isObject, type Json } from "../../model/json.ts";

/**
 * The bytes of a message, the same for equal messages: entries of maps are written in the order of their keys, while protobuf
 * leaves that order open. Other bytes would be another version, which a proxy would get again. Leaves the message as it is.
 */
export function bytesOf<Schema extends DescMessage>(schema: Schema, message: MessageShape<Schema>): Uint8Array {
  return toBinary(schema, ordered(schema, message) as MessageShape<Schema>);
}

const STRUCT = "google.protobuf.Struct";

type Fields = Readonly<Record<string, unknown>>;

/** The message itself when it has no maps, else a copy of what holds them. */
function ordered(schema: DescMessage, message: unknown): unknown {
  const fields = fieldsWithMaps(schema);
  if (fields.length === 0) return message;
  const copy: Record<string, unknown> = { ...(message as Fields) };
  for (const field of fields) {
    const place = field.oneof === undefined ? field.localName : field.oneof.localName;
    const held = copy[place];
    if (held === undefined) continue;
    if (field.oneof === undefined) copy[place] = orderedField(field, held);
    else {
      const { case: chosen, value } = held as { case?: string; value?: unknown };
      if (chosen === field.localName) copy[place] = { case: chosen, value: orderedField(field, value) };
    }
  }
  return copy;
}

function orderedField(field: DescField, value: unknown): unknown {
  const { message } = field;
  const one = (each: unknown): unknown => {
    if (message === undefined) return each;
    return message.typeName === STRUCT ? orderedJson(each as Json) : ordered(message, each);
  };
  if (field.fieldKind === "list") return (value as readonly unknown[]).map(one);
  if (field.fieldKind !== "map") return one(value);
  return Object.fromEntries(byKey(value as Fields).map(([key, each]) => [key, one(each)]));
}

/** A `Struct` has the shape of a JSON object. */
function orderedJson(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(orderedJson);
  if (!isObject(value)) return value;
  return Object.fromEntries(byKey(value).map(([key, each]) => [key, orderedJson(each as Json)]));
}

function byKey<T>(fields: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(fields).sort(([one], [other]) => (one < other ? -1 : 1));
}

const known = new Map<DescMessage, readonly DescField[]>();

/** The fields that are maps or may have some inside; none for most messages, and endpoints are passed over quickly. */
function fieldsWithMaps(schema: DescMessage): readonly DescField[] {
  let fields = known.get(schema);
  if (fields === undefined) {
    fields = schema.fields.filter(
      (field) => isMap(field) || [...within(field.message)].some((each) => each.fields.some(isMap)),
    );
    known.set(schema, fields);
  }
  return fields;
}

function isMap(field: DescField): boolean {
  return field.fieldKind === "map" || field.message?.typeName === STRUCT;
}

/** The message and every message that it may hold, each once: they may hold each other. */
function within(message: DescMessage | undefined, seen = new Set<DescMessage>()): ReadonlySet<DescMessage> {
  if (message === undefined || seen.has(message)) return seen;
  seen.add(message);
  for (const field of message.fields) within(field.message, seen);
  return seen;
}
