import type { TypeUrl } from "../types.ts";

/** A resource as it is sent. There is one of these for equal content, however many streams have it. */
export interface EncodedResource {
  readonly type: TypeUrl;
  readonly name: string;
  /** Hash of the content. */
  readonly version: string;
  /** A `google.protobuf.Any`. */
  readonly any: Uint8Array;
}
