import type { JsonObject } from "../../model/json.ts";
import type { ResourceType } from "../types.ts";
import type { AdsVariant, Rejection } from "./ads-stream.ts";
import type { Receipt } from "./exchange.ts";
import type { NodeClaim } from "./requests.ts";
import type { Snapshot } from "./snapshot.ts";
import type { StreamClosed } from "./stream-closed.ts";

/** An authenticated caller. */
export interface Caller {
  /** Streams with the same key are one proxy's: the UID of its pod. */
  readonly key: string;
  /** For logs: `namespace/name` of the pod. */
  readonly name: string;
}

/** What a caller gets, from its first request on: one of these for each stream. */
export interface ServedProxy {
  /** The content as it is now; the same object until it changes. */
  snapshot(): Snapshot;
  /**
   * Subscribes the stream to its content: `changed` is called with every newer snapshot, be it of the same view or of another one
   * that the proxy was moved to. Several changes may be one call. Once, right after the proxy was admitted; what changed in between
   * must not be lost. `changed` does not throw.
   */
  subscribe(changed: (snapshot: Snapshot) => void): void;
  /** The stream is over. */
  close(): void;
  /** Why the stream has to end although it did nothing wrong: its pod no longer exists. */
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

/** Is notified of what happens, for logs and metrics. `caller` is undefined until it is known. */
export interface XdsEvents {
  opened(caller: Caller, protocol: AdsVariant): void;
  closed(end: StreamEnd): void;
  /** Every request that is understood. */
  received(caller: Caller, type: ResourceType, receipt: Receipt): void;
  sent(bytes: number): void;
  /**
   * A proxy rejects a resource, which is frozen for its stream from now on: the last version that it accepted stays, other resources
   * go on, and only another version is tried again; or, without a `problem`, that is over. The end of a stream ends all of its
   * rejections.
   */
  judged(caller: Caller, rejection: Rejection): void;
  /** A change could not be brought to a proxy: it keeps what it has. */
  refreshFailed(caller: Caller, error: unknown): void;
  /** A connection that broke off or failed before a TLS session stood. */
  handshakeFailed(error: Error): void;
}

/** How a stream ended, or why there was none. */
export interface StreamEnd {
  readonly caller: Caller | undefined;
  readonly peer: string;
  readonly why: StreamClosed;
  /** How long the stream stood; 0 when it was refused. */
  readonly seconds: number;
}
