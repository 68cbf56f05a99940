import type { ClusterDns } from "../model/cluster-dns.ts";

/**
 * All that the static configuration of an Envoy sidecar depends on. Addresses are host names, IP addresses or a
 * place made by `expanded()`; ports are numbers from 1 to 65535; rates are fractions from 0 to 1.
 */
export interface BootstrapSpec {
  readonly node: BootstrapNode;
  readonly controlPlane: ControlPlane;
  /** Who knows the names of Services; undefined: the pod's own DNS has to. */
  readonly clusterDns: ClusterDns | undefined;
  readonly adminPort: number;
  /** Listen on `::` as well (dual stack), else on IPv4 only. */
  readonly ipv6: boolean;
  /** Probes of the app that the status listener answers. */
  readonly probes: readonly ProbeRoute[];
  readonly tracing: Tracing;
  /** Statistics carry the mesh and the node as tags (`appmesh.mesh`, `appmesh.virtual_node` or `appmesh.virtual_gateway`). */
  readonly statsTags: boolean;
  readonly statsd: Statsd | undefined;
  /** Socket of an SDS agent (SPIRE), as cluster `static_cluster_sds_unix_socket`. */
  readonly sdsSocket: string | undefined;
}

export interface BootstrapNode {
  readonly mesh: string;
  readonly kind: "virtualNode" | "virtualGateway";
  readonly name: string;
  /** Version of Outrigger that made the bootstrap. */
  readonly release: string;
  readonly preview: boolean;
}

export type ControlPlane =
  | { readonly kind: "ads"; readonly address: string; readonly port: number }
  /** Static pass-through listeners on 15000 and 15001; no identity, no trust. */
  | { readonly kind: "none" };

/** One exact path of the status listener, and what is asked of the app for it. */
export interface ProbeRoute {
  /** Unique within a pod, such as `/probe/nginx/readiness`. */
  readonly path: string;
  readonly timeoutSeconds: number;
  readonly check: ProbeCheck;
}

export type ProbeCheck =
  | {
      readonly kind: "http";
      readonly tls: boolean;
      readonly port: number;
      /** Path and query that the app expects. */
      readonly path: string;
      /** The probe names its own Host header; otherwise the app sees `<pod IP>:<port>` as from the kubelet. */
      readonly ownHost: boolean;
    }
  | { readonly kind: "tcp"; readonly port: number }
  | { readonly kind: "grpc"; readonly port: number; readonly service: string };

export type Tracing =
  | { readonly kind: "none" }
  | {
      readonly kind: "xray";
      readonly address: string;
      readonly port: number;
      readonly samplingRate: number;
      readonly segmentName: string;
    }
  | { readonly kind: "jaeger"; readonly address: string; readonly port: number; readonly samplingRate: number }
  | {
      readonly kind: "datadog";
      readonly address: string;
      readonly port: number;
      readonly samplingRate: number;
      readonly serviceName: string;
    }
  | {
      readonly kind: "otel";
      readonly address: string;
      readonly port: number;
      readonly samplingRate: number;
      readonly serviceName: string;
    };

/** `socket` wins over the address, as in the AWS image. */
export type Statsd =
  | { readonly kind: "address"; readonly address: string; readonly port: number }
  | { readonly kind: "socket"; readonly path: string };
