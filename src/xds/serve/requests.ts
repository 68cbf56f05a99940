import { fromBinary } from "@bufbuild/protobuf";
import { type JsonObject, objectOf } from "../../model/json.ts";
import type { Node } from "../generated/envoy/config/core/v3/base_pb.js";
import {
  DeltaDiscoveryRequestSchema,
  DiscoveryRequestSchema,
} from "../generated/envoy/service/discovery/v3/discovery_pb.js";
import type { DeltaRequest } from "./delta-subscription.ts";
import type { SotwRequest } from "./sotw-subscription.ts";
import { StreamClosed } from "./stream-closed.ts";

/** Who a proxy says it is: a claim. */
export interface NodeClaim {
  readonly id: string;
  readonly metadata: JsonObject;
}

/** What both kinds of request have. */
interface Envelope<Request> {
  /** Type URL. */
  readonly type: string;
  /** Only of the first request of a stream, as a rule. */
  readonly node: NodeClaim | undefined;
  readonly request: Request;
}

/** Reads a `DiscoveryRequest`. Throws {@link StreamClosed}. */
export function readSotwRequest(bytes: Uint8Array): Envelope<SotwRequest> {
  const { typeUrl, node, resourceNames, responseNonce, errorDetail } = readable(() =>
    fromBinary(DiscoveryRequestSchema, bytes),
  );
  return {
    type: typeUrl,
    node: claimOf(node),
    request: { resourceNames, responseNonce, problem: errorDetail?.message },
  };
}

/** Reads a `DeltaDiscoveryRequest`. Throws {@link StreamClosed}. */
export function readDeltaRequest(bytes: Uint8Array): Envelope<DeltaRequest> {
  const message = readable(() => fromBinary(DeltaDiscoveryRequestSchema, bytes));
  return {
    type: message.typeUrl,
    node: claimOf(message.node),
    request: {
      subscribe: message.resourceNamesSubscribe,
      unsubscribe: message.resourceNamesUnsubscribe,
      initialVersions: message.initialResourceVersions,
      responseNonce: message.responseNonce,
      problem: message.errorDetail?.message,
    },
  };
}

function claimOf(node: Node | undefined): NodeClaim | undefined {
  return node && { id: node.id, metadata: objectOf(node.metadata as JsonObject | undefined) };
}

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new StreamClosed(
      "malformed-message",
      "a message is not what its method takes: expected a discovery request",
      {
        cause: error,
      },
    );
  }
}
