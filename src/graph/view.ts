import type { CloudMapQuery } from "../model/cloud-map.ts";
import type { ConnectionPool } from "../model/connection-pool.ts";
import type { DeepReadonly } from "../model/deep-readonly.ts";
import type { IpPreference, Protocol } from "../model/field-types.ts";
import type { HealthCheck, OutlierDetection } from "../model/listener-health.ts";
import type { Logging } from "../model/logging.ts";
import type { ObjectRef } from "../model/mesh-object.ts";
import type { ServicePort } from "../model/services.ts";
import type { ClientPolicy, ListenerTls } from "../model/tls.ts";
import type { GrpcRoute, HttpRoute } from "../model/virtual-router.ts";
import type { NamedTls } from "./tls-steps.ts";
import type { ClientTlsView } from "./tls-view.ts";

/*
 * What the proxies of one virtual node, or of one virtual gateway, may see: plain data, one a node and not one a pod, everything looked
 * up, nothing of anybody else. Lists are sorted, so that equal meshes give equal views. What depends on a pod (families, the app's
 * address, whether it ends) is no part of it, nor are members: their addresses change much more often.
 */

export type MeshView = NodeView | GatewayView;

/** What both have. */
interface CommonView {
  /** The VirtualNode or VirtualGateway. */
  readonly object: ObjectRef;
  /** Its name in App Mesh, as it stands in names of clusters. */
  readonly name: string;
  readonly mesh: {
    /** The mesh's name in App Mesh, as it stands in names of clusters. */
    readonly name: string;
    /** With `@owner` where the mesh is another account's: as in `mesh/<path>/virtualNode/<name>`. */
    readonly path: string;
    readonly object: ObjectRef;
  };
  /**
   * `serve`: the proxies get the mesh. `observe`: they pass traffic through, and the rest of the view says what they would get. Already
   * settled out of setting and annotations.
   */
  readonly mode: "serve" | "observe";
  /** What a certificate of the control plane's names it by; empty where it needs none, or may have none. */
  readonly certificateNames: readonly string[];
  /** Access log of both directions; absent: none. A path, and Envoy's own format where `format` is absent. */
  readonly accessLog: AccessLog | undefined;
  /** Services that may be called, sorted by name; each name once. */
  readonly services: readonly ServiceView[];
  /** Nodes that requests may be sent to, sorted by name; only the listeners that a service of this view reaches. */
  readonly targets: readonly TargetView[];
  /** Of everything else in the view: equal hashes mean equal views. */
  readonly hash: string;
}

export interface NodeView extends CommonView {
  readonly kind: "virtualNode";
  /** Where the app listens, in the order of the ports. */
  readonly listeners: readonly ListenerView[];
  /** What becomes of traffic that no service of `services` takes. Set on the mesh; absent there: `DROP_ALL`. */
  readonly egress: "ALLOW_ALL" | "DROP_ALL";
  /** Of the node, else of the mesh: how the proxy reaches its own app. Absent: not said. */
  readonly ipPreference: IpPreference | undefined;
}

export interface GatewayView extends CommonView {
  readonly kind: "virtualGateway";
  readonly listeners: readonly GatewayListenerView[];
  /** Routes that this gateway takes, sorted by priority (those without one last) and then by name. */
  readonly routes: readonly GatewayRouteView[];
  /** Where a client's address comes from: its connection, or the header `x-forwarded-for` as somebody before the gateway wrote it. */
  readonly clientAddress: "connection" | "forwarded";
}

/** A listener of the node itself: what its own proxy needs. */
export interface ListenerView {
  readonly port: number;
  readonly protocol: Protocol;
  /** With App Mesh's standard values where nothing is given. */
  readonly timeout: TimeoutView;
  /** Limits towards the app: of the spec's pools the one of the protocol. Absent: no limit. */
  readonly connectionPool: DeepReadonly<ConnectionPool> | undefined;
  /** Absent: plain text, as is mode DISABLED. */
  readonly tls: DeepReadonly<ListenerTls> | undefined;
  /** While TLS changes under traffic: what it takes besides, each of those who ask for a name. */
  readonly namedTls: readonly NamedTls[];
}

export interface GatewayListenerView {
  readonly port: number;
  readonly protocol: Exclude<Protocol, "tcp">;
  readonly connectionPool: DeepReadonly<ConnectionPool> | undefined;
  readonly tls: DeepReadonly<ListenerTls> | undefined;
}

/** Milliseconds; 0: no time-out. */
export interface TimeoutView {
  /** For a whole request; 15 s where nothing is given. Of no use for TCP. */
  readonly perRequest: number;
  /** Without any traffic; 300 s where nothing is given. */
  readonly idle: number;
}

/** A virtual service that may be called. */
export interface ServiceView {
  readonly object: ObjectRef;
  /** Its name in App Mesh: the host name that apps call, as it is written. */
  readonly name: string;
  /**
   * Of the Kubernetes Service of that name, or of its one endpoint that has the name, of both families, sorted: what tells it apart on a port
   * where TCP is called, or, with `ALLOW_ALL`, from what leaves the mesh. Empty: it is called nowhere as yet. Undefined: not known, or of no
   * use, so that a mesh of HTTP does not change with the addresses of pods.
   */
  readonly addresses: readonly string[] | undefined;
  /** How its targets are connected to: of the backend, else of the node's defaults. Absent: the target's own listener decides. */
  readonly clientPolicy: DeepReadonly<ClientPolicy> | undefined;
  readonly provider: ProviderView;
}

export type ProviderView =
  /** The service names none, or one that is not there or not of this mesh: it exists and answers 404. */
  | { readonly kind: "none" }
  /** A node: one route `/` on each of its listeners, with that listener's time-outs and the standard retries. */
  | { readonly kind: "node"; readonly target: string; readonly ports: readonly number[] }
  | { readonly kind: "router"; readonly router: RouterView };

export interface RouterView {
  readonly object: ObjectRef;
  readonly name: string;
  /** The ports that clients dial, in order, each with the routes that are for it. */
  readonly listeners: readonly RouterListenerView[];
}

export interface RouterListenerView {
  readonly port: number;
  readonly protocol: Protocol;
  /** In the order of the object; which of them comes first is for translation. Those that can never match are left out, with a problem. */
  readonly routes: readonly RouteView[];
}

interface CommonRouteView {
  readonly name: string;
  /** 0 comes first; absent: after all that have one. */
  readonly priority: number | undefined;
  /** In the order of the object; weights are relative to their sum. */
  readonly targets: readonly RouteTargetView[];
  /** With App Mesh's standard values where nothing is given. */
  readonly timeout: TimeoutView;
}

export interface HttpRouteView extends CommonRouteView {
  readonly protocol: "http" | "http2";
  /** All that is given must match; exactly one of `prefix` and `path` is there. */
  readonly match: HttpRoute["match"];
  /** Absent: the standard policy (two retries of what never reached the app), which `maxRetries: 0` turns off. */
  readonly retryPolicy: HttpRoute["retryPolicy"];
}

export interface GrpcRouteView extends CommonRouteView {
  readonly protocol: "grpc";
  readonly match: GrpcRoute["match"];
  readonly retryPolicy: GrpcRoute["retryPolicy"];
}

export interface TcpRouteView extends CommonRouteView {
  readonly protocol: "tcp";
}

export type RouteView = HttpRouteView | GrpcRouteView | TcpRouteView;

export type RouteTargetView =
  | {
      readonly kind: "node";
      /** Name of a member of `targets`. */
      readonly target: string;
      /** Port of its listener. */
      readonly port: number;
      /** 0 to 100. */
      readonly weight: number;
    }
  /** Nobody to send it to: the node, or the listener of that port, is not there. Its share of the requests cannot be answered. */
  | { readonly kind: "missing"; readonly name: string; readonly weight: number };

/** A node as its clients see it. */
export interface TargetView {
  readonly object: ObjectRef;
  /** Its name in App Mesh, as it stands in names of clusters; unique among the targets. */
  readonly name: string;
  readonly discovery: DiscoveryView;
  /** Its name of DNS, or of Cloud Map, as its service discovery says it, whatever an annotation says; undefined: it says none. */
  readonly hostname: string | undefined;
  /** Of the Kubernetes Service by which it is found: it is called on no others. Undefined: there is none, or whoever is found is called on any. */
  readonly servicePorts: readonly number[] | undefined;
  /** In the order of the ports. */
  readonly listeners: readonly TargetListenerView[];
}

export interface TargetListenerView {
  readonly port: number;
  /** While the listener moves to its port under traffic: where it is called still. Absent: at its port. */
  readonly formerPort?: number;
  readonly protocol: Protocol;
  /** The port of a Service whose members answer, in place of the addresses of its name; undefined: the target's discovery decides. */
  readonly members: ServicePort | undefined;
  /** Of the listener, for routes of a provider node; no longer one of a route has an effect. */
  readonly timeout: TimeoutView;
  readonly healthCheck: DeepReadonly<HealthCheck> | undefined;
  readonly outlierDetection: DeepReadonly<OutlierDetection> | undefined;
  /** Absent: plain text, as is mode DISABLED. */
  readonly tls: DeepReadonly<ListenerTls> | undefined;
  /** The ways in which the services of the view connect to it, each with a cluster of its own; at least one. */
  readonly connections: readonly ConnectionView[];
}

/** One way to connect to a listener. */
export interface ConnectionView {
  /** What stands behind the documented name of its cluster; empty for that of the first service by name. */
  readonly suffix: string;
  /** Undefined: plain text. */
  readonly tls: ClientTlsView | undefined;
  /** Names of the services that connect in this way; of the first way empty, as all others do. */
  readonly services: readonly string[];
}

export type DiscoveryView =
  | {
      readonly kind: "dns";
      /** As it is written: with or without a dot at the end. */
      readonly hostname: string;
      /** `LOADBALANCER`: one address at a time. `ENDPOINTS`: all of them. */
      readonly responseType: "LOADBALANCER" | "ENDPOINTS";
      /** Of the node, else of the mesh. */
      readonly ipPreference: IpPreference | undefined;
    }
  | {
      readonly kind: "cloudMap";
      /** Instances must have all attributes. */
      readonly instances: CloudMapQuery;
      readonly ipPreference: IpPreference | undefined;
    }
  /** Addresses of the annotation `outrigger.dev/endpoints`; `port` where it is not the listener's. */
  | {
      readonly kind: "static";
      readonly endpoints: readonly { readonly address: string; readonly port: number | undefined }[];
    }
  /** The node does not say where it is. */
  | { readonly kind: "none" };

interface CommonGatewayRouteView {
  readonly object: ObjectRef;
  readonly name: string;
  /** 0 comes first; absent: after all that have one. */
  readonly priority: number | undefined;
  /** Ports of the gateway's listeners that the route is on, in order. */
  readonly on: readonly number[];
  readonly host: GatewayHostView;
  /** Whether the app sees the host that the client asked for, or the name of the service. */
  readonly hostSeen: "client's" | "service's";
  readonly target: GatewayTargetView;
}

/** Hosts that a gateway route is for, in lower case, without a port and without a dot at the end. */
export type GatewayHostView =
  | { readonly kind: "any" }
  | { readonly kind: "exact"; readonly name: string }
  /** Every host that ends so, itself included. */
  | { readonly kind: "suffix"; readonly suffix: string };

export type GatewayTargetView =
  /** Name of a member of `services`, and one of the ports on which it is called over HTTP; 0 where it has no provider. */
  | { readonly kind: "service"; readonly name: string; readonly port: number }
  /** Nobody to send it to: the service, or a port of it, is not there. Its requests are answered with 503. */
  | { readonly kind: "missing"; readonly name: string };

export interface HttpGatewayRouteView extends CommonGatewayRouteView {
  readonly protocol: "http" | "http2";
  /** All that is given must match; without prefix and path every path does. */
  readonly match: Pick<HttpRoute["match"], "prefix" | "path" | "headers" | "queryParameters" | "method">;
  readonly path: GatewayPathView;
}

/** What becomes of the path; the query stays. */
export type GatewayPathView =
  | { readonly kind: "kept" }
  /** Of the match's prefix, with or without a slash at its end: `value`, which ends with a slash, takes its place. */
  | { readonly kind: "prefix"; readonly value: string }
  /** The whole path. */
  | { readonly kind: "whole"; readonly value: string };

export interface GrpcGatewayRouteView extends CommonGatewayRouteView {
  readonly protocol: "grpc";
  readonly match: Pick<GrpcRoute["match"], "serviceName" | "metadata">;
}

export type GatewayRouteView = HttpGatewayRouteView | GrpcGatewayRouteView;

/** A file that is written for every request, as `spec.logging.accessLog.file` has it. */
export type AccessLog = DeepReadonly<NonNullable<NonNullable<Logging["accessLog"]>["file"]>>;
