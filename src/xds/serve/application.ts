import type { JsonObject } from "../../model/json.ts";
import type { ResourceType } from "../types.ts";
import type { Protocol } from "./ads-stream.ts";
import type { NodeClaim } from "./requests.ts";
import type { Snapshot } from "./snapshot.ts";
import type { StreamClosed } from "./stream-closed.ts";
import type { Receipt } from "./subscription.ts";

/** Somebody whose credentials were good. */
export interface Caller {
  /** Streams with the same key are one proxy's: the UID of its pod. */
  readonly key: string;
  /** For logs: `namespace/name` of the pod. */
  readonly name: string;
}

/** What a caller gets, from its first request on. */
export interface ServedProxy {
  /** The content as it is now; the same object until it changes. */
  snapshot(): Snapshot;
  /** Why the stream has to end although it did nothing wrong: its pod is no more. */
  unwelcome(): StreamClosed | undefined;
  /** What diagnostics show of it. */
  shown(): JsonObject;
}

/** What the server asks of whoever knows pods and meshes. */
export interface Application<C extends Caller> {
  /** Who is calling, by the header `authorization`; `peer` is the address it came from. Rejects with {@link StreamClosed}. */
  authenticate(authorization: string | undefined, peer: string): Promise<C>;
  /** Throws {@link StreamClosed} when the claim forbids to serve this caller. */
  admit(caller: C, node: NodeClaim): ServedProxy;
}

/** Told of what happens, for logs and metrics. `caller` is undefined until it is known. */
export interface XdsEvents {
  opened(caller: Caller, protocol: Protocol): void;
  closed(ending: Ending): void;
  /** Every request that is understood. */
  received(caller: Caller, type: ResourceType, receipt: Receipt): void;
  sent(bytes: number): void;
  /** A change could not be brought to a proxy: it keeps what it has. */
  refreshFailed(caller: Caller, error: unknown): void;
  /** A connection that broke off or failed before a TLS session stood. */
  handshakeFailed(error: Error): void;
}

export interface Ending {
  readonly caller: Caller | undefined;
  readonly peer: string;
  readonly why: StreamClosed;
  /** How long the stream stood; 0 when it was refused. */
  readonly seconds: number;
}
