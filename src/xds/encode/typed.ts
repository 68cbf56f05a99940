import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { type Any, AnySchema, type Duration, DurationSchema } from "@bufbuild/protobuf/wkt";
import { TYPE_PREFIX } from "../types.ts";
import { bytesOf } from "./bytes.ts";

/** A message in its envelope, for a `typed_config`: the compiler holds the fields against the message's type. */
export function typed<Schema extends DescMessage>(schema: Schema, init?: MessageInitShape<Schema>): Any {
  const value = bytesOf(schema, create(schema, init));
  return create(AnySchema, { typeUrl: `${TYPE_PREFIX}${schema.typeName}`, value });
}

/** A number of seconds, which may have a fraction, as a `Duration`. Exact to the millisecond. */
export function seconds(value: number): Duration {
  const milliseconds = Math.round(value * 1000);
  const whole = Math.trunc(milliseconds / 1000);
  return create(DurationSchema, { seconds: BigInt(whole), nanos: (milliseconds - whole * 1000) * 1_000_000 });
}
