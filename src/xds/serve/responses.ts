import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { EncodedResource } from "./resource.ts";

/* Both responses are put together from bytes that exist: every resource is written as it was encoded once, in a piece of
 * its own. The field numbers are those of envoy/service/discovery/v3/discovery.proto. */

export interface SotwAnswer {
  readonly version: string;
  readonly type: string;
  readonly nonce: string;
  readonly resources: readonly EncodedResource[];
}

/** A `DiscoveryResponse`. */
export function sotwResponse({ version, type, nonce, resources }: SotwAnswer): Uint8Array[] {
  const head = new BinaryWriter();
  text(text(text(head, 1, version), 4, type), 5, nonce);
  return [head.finish(), ...resources.flatMap(({ any }) => [before(new BinaryWriter(), 2, any.length), any])];
}

export interface DeltaAnswer extends SotwAnswer {
  readonly removed: readonly string[];
}

/** A `DeltaDiscoveryResponse`. */
export function deltaResponse({ version, type, nonce, resources, removed }: DeltaAnswer): Uint8Array[] {
  const head = new BinaryWriter();
  text(text(text(head, 1, version), 4, type), 5, nonce);
  for (const name of removed) text(head, 6, name);
  return [head.finish(), ...resources.flatMap(deltaResource)];
}

/** A `Resource`, whose last field are the shared bytes. */
function deltaResource({ name, version, any }: EncodedResource): Uint8Array[] {
  const fields = new BinaryWriter();
  text(text(fields, 3, name), 1, version)
    .tag(2, WireType.LengthDelimited)
    .uint32(any.length);
  const start = fields.finish();
  return [before(new BinaryWriter(), 2, start.length + any.length), start, any];
}

function text(writer: BinaryWriter, field: number, value: string): BinaryWriter {
  return writer.tag(field, WireType.LengthDelimited).string(value);
}

/** What stands before the bytes of a nested message. */
function before(writer: BinaryWriter, field: number, length: number): Uint8Array {
  return writer.tag(field, WireType.LengthDelimited).uint32(length).finish();
}
