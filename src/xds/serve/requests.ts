import { fromBinary, toJson } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { StructSchema } from "@bufbuild/protobuf/wkt";
import { type JsonObject, objectOf } from "../../model/json.ts";
import type { XdsLimits } from "../limits.ts";
import type { DeltaRequest } from "./delta-type.ts";
import type { SotwRequest } from "./sotw-type.ts";
import { StreamClosed } from "./stream-closed.ts";

/* Requests are read by hand: of what a client may send only what is used is decoded, and every bound is kept before the memory
 * for it is taken. Through the generated messages a request of 1 MiB takes a tenth of a second and six times its memory. */

/** Who a proxy says it is: a claim. */
export interface NodeClaim {
  readonly id: string;
  readonly metadata: JsonObject;
}

/** What both kinds of request have. */
interface Envelope<Request> {
  /** Type URL. */
  readonly type: string;
  /** As the first request of a stream has it. */
  readonly node: NodeClaim | undefined;
  readonly request: Request;
}

/** What is read of a node: `skip` after the first request, by which a proxy is known. */
export type NodeReading = "read" | "skip";

type RequestLimits = Pick<XdsLimits, "fields" | "metadataBytes" | "nameLength" | "names" | "rejectionText">;

type Part = "node" | "type" | "names" | "unsubscribed" | "versions" | "nonce" | "problem";
type Parts = Readonly<Record<number, Part>>;
/** Field numbers of envoy/service/discovery/v3/discovery.proto. */
const SOTW: Parts = { 2: "node", 3: "names", 4: "type", 5: "nonce", 6: "problem" };
const DELTA: Parts = { 1: "node", 2: "type", 3: "names", 4: "unsubscribed", 5: "versions", 6: "nonce", 7: "problem" };
/** Field numbers of `Node`, `google.rpc.Status` and the entries of a map. */
const NODE = { id: 1, metadata: 3 };
const STATUS = { message: 2 };
const ENTRY = { key: 1, value: 2 };

/** Reads a `DiscoveryRequest`. Throws {@link StreamClosed}. */
export function readSotwRequest(bytes: Uint8Array, limits: RequestLimits, node: NodeReading): Envelope<SotwRequest> {
  const { names: resourceNames, nonce: responseNonce, problem, ...rest } = read(bytes, SOTW, limits, node);
  return { type: rest.type, node: rest.node, request: { resourceNames, responseNonce, problem } };
}

/** Reads a `DeltaDiscoveryRequest`. Throws {@link StreamClosed}. */
export function readDeltaRequest(bytes: Uint8Array, limits: RequestLimits, node: NodeReading): Envelope<DeltaRequest> {
  const { names: subscribe, unsubscribed: unsubscribe, ...rest } = read(bytes, DELTA, limits, node);
  const { versions: initialVersions, nonce: responseNonce, problem } = rest;
  const request = { subscribe, unsubscribe, initialVersions, responseNonce, problem };
  return { type: rest.type, node: rest.node, request };
}

interface Content {
  type: string;
  nonce: string;
  problem: string | undefined;
  readonly names: readonly string[];
  readonly unsubscribed: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
  readonly node: NodeClaim | undefined;
}

function read(bytes: Uint8Array, parts: Parts, limits: RequestLimits, reading: NodeReading): Content {
  try {
    return content(bytes, parts, limits, reading);
  } catch (error) {
    if (error instanceof StreamClosed) throw error;
    const message = "a message is not what its method takes: expected a discovery request";
    throw new StreamClosed("malformed-message", message, { cause: error });
  }
}

function content(bytes: Uint8Array, parts: Parts, limits: RequestLimits, reading: NodeReading): Content {
  const found = { type: "", nonce: "", problem: undefined as string | undefined };
  const names: string[] = [];
  const unsubscribed: string[] = [];
  const versions: [string, string][] = [];
  const nodes: Uint8Array[] = [];
  for (const [number, value] of fieldsOf(bytes, limits.fields)) {
    switch (parts[number]) {
      case "type":
        found.type = text(value);
        break;
      case "nonce":
        found.nonce = text(value);
        break;
      case "problem":
        found.problem = problemOf(value, limits);
        break;
      case "names":
        names.push(nameOf(value, limits));
        break;
      case "unsubscribed":
        unsubscribed.push(nameOf(value, limits));
        break;
      case "versions":
        versions.push(versionOf(value, limits));
        break;
      case "node":
        if (reading === "read") nodes.push(value);
        break;
      case undefined:
    }
    if (names.length + unsubscribed.length + versions.length > limits.names) {
      throw new StreamClosed("too-many-names", `a request has more than ${limits.names} names`);
    }
  }
  const node = nodes.length > 0 ? claimOf(Buffer.concat(nodes), limits) : undefined;
  return { ...found, names, unsubscribed, versions: Object.fromEntries(versions), node };
}

function claimOf(node: Uint8Array, { fields, metadataBytes, nameLength }: RequestLimits): NodeClaim {
  let id = "";
  const metadata: Uint8Array[] = [];
  let size = 0;
  for (const [number, value] of fieldsOf(node, fields)) {
    if (number === NODE.id) {
      if (value.length > nameLength) throw tooLarge("id", value.length, nameLength);
      id = text(value);
    } else if (number === NODE.metadata) {
      size += value.length;
      if (size > metadataBytes) throw tooLarge("metadata", size, metadataBytes);
      metadata.push(value);
    }
  }
  // parts of one message that come apart are one (https://protobuf.dev/programming-guides/encoding/#last-one-wins)
  const struct = toJson(StructSchema, fromBinary(StructSchema, Buffer.concat(metadata)));
  return { id, metadata: objectOf(struct as JsonObject) };
}

function tooLarge(what: string, size: number, limit: number): StreamClosed {
  return new StreamClosed("message-too-large", `the node's ${what} has ${size} bytes: expected at most ${limit}`);
}

function nameOf(value: Uint8Array, { nameLength }: RequestLimits): string {
  if (value.length > nameLength) {
    throw new StreamClosed("too-many-names", `a name is longer than ${nameLength} bytes`);
  }
  return text(value);
}

function versionOf(entry: Uint8Array, limits: RequestLimits): [string, string] {
  const pair: [string, string] = ["", ""];
  for (const [number, value] of fieldsOf(entry, limits.fields)) {
    if (number === ENTRY.key) pair[0] = nameOf(value, limits);
    else if (number === ENTRY.value) pair[1] = nameOf(value, limits);
  }
  return pair;
}

/** Cut before it is decoded: what is left of a long text would keep all of it in memory. */
function problemOf(status: Uint8Array, { fields, rejectionText }: RequestLimits): string {
  let message = "";
  for (const [number, value] of fieldsOf(status, fields)) {
    if (number === STATUS.message) message = text(value.subarray(0, rejectionText));
  }
  return message;
}

function text(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString();
}

/** The fields of a message that have a length, as views; others are passed over. */
function* fieldsOf(bytes: Uint8Array, most: number): Generator<readonly [number: number, value: Uint8Array]> {
  const reader = new BinaryReader(bytes);
  for (let count = 1; reader.pos < reader.len; count++) {
    if (count > most) throw new StreamClosed("malformed-message", `a message has more than ${most} fields`);
    const [number, wireType] = reader.tag();
    if (wireType === WireType.LengthDelimited) yield [number, reader.bytes()];
    else reader.skip(wireType, number);
  }
}
