import type { ViewRef } from "../../graph/graph.ts";
import type { ClientTlsView, ServerTlsView } from "../../graph/tls-view.ts";
import type { Protocol } from "../../model/field-types.ts";
import type { ObjectRef } from "../../model/mesh-object.ts";
import type { TriedRoute } from "./chosen-route.ts";

/*
 * What one request meets, from top to bottom: plain data, the same for text and JSON. Times are milliseconds, and 0 is none; shares are
 * fractions of 1.
 */

/** The members stay, later releases may add some. */
export interface RequestExplanation {
  readonly request: ShownRequest;
  readonly caller: CallerStep;
  /** What takes the connection; null: it does not go through the mesh. */
  readonly connection: ConnectionStep | null;
  /** Of a gateway: what its routes make of it. */
  readonly gatewayRoute: GatewayRouteStep | null;
  readonly service: ServiceStep | null;
  /** Of the router, or of the node that provides the service. */
  readonly routes: RoutesStep | null;
  readonly targets: readonly TargetStep[];
  /** Null: nobody sees it. */
  readonly seen: SeenRequest | null;
  readonly outcome: SeenOutcome;
  /** Where the mesh only observes: what would become of it if it were served. */
  readonly served: SeenOutcome | null;
  /** Sentences for a person: what had to be assumed, and what else may happen. */
  readonly notes: readonly string[];
}

/** What is sent to an app, as the proxies understand it. */
export type Message = "request" | "call of gRPC" | "connection";

export interface ShownRequest {
  /** `TCP` for a connection. */
  readonly method: string;
  readonly scheme: "http" | "https" | "tcp";
  readonly host: string;
  readonly port: number;
  /** Null for a connection, as is the path. */
  readonly authority: string | null;
  /** As the client sends it. */
  readonly path: string | null;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}

export interface CallerStep {
  /** Such as `deployment/front`; null: the node or gateway itself was named. */
  readonly workload: string | null;
  readonly namespace: string;
  /** Null: its proxy is nobody in the mesh, or there is none. */
  readonly object: ViewRef | null;
  /** In App Mesh. */
  readonly name: string | null;
  readonly mesh: string | null;
  readonly mode: "serve" | "observe" | null;
  /** Why its requests do not go through the mesh; null: they do. */
  readonly past: string | null;
}

export type ConnectionStep =
  /** Routes of HTTP decide. */
  | { readonly kind: "http"; readonly port: number }
  /** A TCP service takes all of it. */
  | { readonly kind: "tcp"; readonly port: number; readonly service: string }
  | { readonly kind: "outside"; readonly why: string }
  | { readonly kind: "closed"; readonly why: string };

export interface GatewayRouteStep {
  /** The listener. */
  readonly port: number;
  readonly tried: readonly TriedRoute[];
  readonly untried: readonly string[];
  /** The route that took it; null: none did. */
  readonly route: ObjectRef | null;
  readonly path: string;
  readonly authority: string;
}

export interface ServiceStep {
  /** In App Mesh: the host that is called. */
  readonly name: string;
  readonly object: ObjectRef;
  readonly provider: "none" | "node" | "router";
  readonly router: { readonly name: string; readonly object: ObjectRef } | null;
}

export interface RoutesStep {
  readonly port: number;
  readonly tried: readonly TriedRoute[];
  /** Names of those that are never asked. */
  readonly untried: readonly string[];
  /** Name of the route that took it; empty: it has none; null: none did. */
  readonly route: string | null;
  /** At the caller; null: no route took it. */
  readonly timeouts: CallerTimeouts | null;
  /** Null: none. */
  readonly retries: Retries | null;
}

export interface CallerTimeouts {
  readonly perRequest: number;
  readonly idle: number;
  readonly perTry: number;
}

export interface Retries {
  /** After the first try. */
  readonly times: number;
  /** Conditions, in Envoy's words. */
  readonly on: readonly string[];
  readonly statuses: readonly number[];
  /** Whether no resource says it: App Mesh's standard. */
  readonly isStandard: boolean;
}

export interface TargetStep {
  readonly share: number;
  /** Of the node in App Mesh; null, as are object, port and protocol: nobody, as a node or listener is missing. */
  readonly name: string | null;
  readonly object: ObjectRef | null;
  readonly port: number | null;
  readonly protocol: Protocol | null;
  /** How it is found, and what is known of who is there. */
  readonly discovery: DiscoveryStep;
  readonly tls: TlsStep;
  /** At the callee's sidecar; null: nothing is known of it, or its mesh only observes. */
  readonly timeouts: { readonly perRequest: number; readonly idle: number } | null;
  /** How much its sidecar passes on to the app at a time, what is more is refused; null: it has no limit, or nothing is known of it. */
  readonly limits: PoolLimits | null;
  /** What becomes of a request, or of a connection, on which the app never says anything; null: nobody gets it. */
  readonly unanswered: Unanswered | null;
  /** Why nobody answers; null: as far as is known somebody does. */
  readonly problem: string | null;
}

/** Null: no limit. */
export interface PoolLimits {
  readonly connections: number | null;
  /** Requests that wait for a connection. */
  readonly waiting: number | null;
  readonly requests: number | null;
}

export interface Unanswered {
  /** After which time the caller has its 504, or the end of its connection, at the soonest; 0: it is waited for without end. */
  readonly after: number;
  /** How often the app is asked until then, at most. */
  readonly tries: number;
}

export interface DiscoveryStep {
  readonly kind: "dns" | "endpoints" | "cloudMap" | "static" | "none";
  /** Such as the host name, or the service of Cloud Map; null: nothing is said. */
  readonly what: string | null;
  /** Null: not known here. */
  readonly members: Members | null;
}

export interface Members {
  readonly ready: number;
  readonly all: number;
  /** The first few: pods, or addresses. */
  readonly named: readonly string[];
}

export interface TlsStep {
  readonly client: ClientTlsView | null;
  readonly server: ServerTlsView | null;
}

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly authority: string;
}

export type Outcome =
  /** Each share of the requests, the largest first; `why` null: it is answered. */
  | { readonly kind: "answered"; readonly shares: readonly OutcomeShare[] }
  /** Envoy answers by itself. */
  | { readonly kind: "status"; readonly status: number; readonly why: string; readonly help: string }
  | { readonly kind: "closed"; readonly why: string; readonly help: string }
  /** Nobody sends it: there are no such pods. */
  | { readonly kind: "unsent"; readonly why: string; readonly help: string }
  /** The mesh has no part in it. */
  | { readonly kind: "passes"; readonly to: string; readonly why: string };

/** With what the caller of a call of gRPC gets where Envoy answers by itself, to all of it or to a share; null: it does not, or it is no such call. */
export type SeenOutcome = Outcome & { readonly grpcStatus: number | null };

export type OutcomeShare =
  | { readonly share: number; readonly node: string; readonly why: null }
  /** `node` null: nobody is there. */
  | { readonly share: number; readonly node: string | null; readonly why: string };

/** Whether every request of this kind is answered, as far as the mesh decides it. */
export function isAnswered({ outcome }: RequestExplanation): boolean {
  switch (outcome.kind) {
    case "answered":
      return outcome.shares.every(({ why }) => why === null);
    case "passes":
      return true;
    case "status":
    case "closed":
    case "unsent":
      return false;
  }
}
