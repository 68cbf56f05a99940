import type { TypeUrl } from "../types.ts";

/** An object that a resource was made from, as those who made it name it; the server only hands it on. */
export interface OriginObject {
  readonly kind: string;
  /** Empty for objects without one. */
  readonly namespace: string;
  readonly name: string;
}

/** What a cluster waits for before Envoy uses it. */
export interface ClusterWarming {
  /** Name under which its endpoints come by EDS; undefined: they do not. */
  readonly endpoints: string | undefined;
  /** It warms by DNS, health checks or secrets also, which no acknowledgement of endpoints speaks of. */
  readonly isSlow: boolean;
}

/** A resource as it is sent: encoded once, its bytes shared by all streams that have it. Never changed. */
export interface EncodedResource {
  readonly type: TypeUrl;
  readonly name: string;
  /** Hash of the content: the same in all replicas. */
  readonly version: string;
  /** A `google.protobuf.Any`. */
  readonly any: Uint8Array;
  readonly origins: readonly OriginObject[];
  /** Name of one of the same type that the client must have as it is wanted, before this one. */
  readonly after?: string;
  /** Of a cluster. */
  readonly cluster?: ClusterWarming;
  /**
   * The same under the same version in other bytes, for a client that rejected these: what they name may be there by now, and Envoy takes bytes
   * that it knows for no news. `further`: by how many tries, of which some later one has these bytes again. Absent: what is rejected stays so.
   */
  readonly again?: (further: number) => EncodedResource;
}

/** Looks for a name in the bytes of messages. */
export type Mention = (bytes: Uint8Array) => boolean;

/**
 * Whether a message may name something: a field, of whatever message inside, has this text. Protobuf writes a text behind its
 * length, and a nested message as it is, so both are looked for together. It may find what only looks like it, and misses nothing.
 */
export function mentionOf(name: string): Mention {
  const text = Buffer.from(name);
  const length: number[] = [];
  for (let rest = text.length; ; rest >>>= 7) {
    length.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
    if (rest <= 0x7f) break;
  }
  const needle = Buffer.concat([Buffer.from(length), text]);
  return (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(needle);
}
