import { isIP } from "node:net";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { ClientTlsView } from "../../graph/tls-view.ts";
import type { DiscoveryView, MeshView, TargetListenerView, TargetView } from "../../graph/view.ts";
import { mayDial } from "../../model/dialable.ts";
import type { ProxyTraits } from "../../model/proxy-traits.ts";
import { type Resource, resourceFrom } from "../encode/resource.ts";
import { seconds, typed } from "../encode/typed.ts";
import {
  type Cluster,
  Cluster_DiscoveryType,
  Cluster_LbPolicy,
  ClusterSchema,
} from "../generated/envoy/config/cluster/v3/cluster_pb.js";
import { ApiVersion } from "../generated/envoy/config/core/v3/config_source_pb.js";
import { DnsLookupFamily } from "../generated/envoy/extensions/clusters/common/dns/v3/dns_pb.js";
import { DnsClusterSchema } from "../generated/envoy/extensions/clusters/dns/v3/dns_cluster_pb.js";
import { CaresDnsResolverConfigSchema } from "../generated/envoy/extensions/network/dns_resolver/cares/v3/cares_dns_resolver_pb.js";
import { dialedPort, endpointsOf, lbEndpoint } from "./endpoints.ts";
import { checkedPort, healthChecks } from "./health-checks.ts";
import { HTTP_IDLE, httpUpstream, sameUpstream } from "./http-upstream.ts";
import { clusterLimits } from "./limits.ts";
import { allowAllCluster, amazonCluster, egressCluster } from "./names.ts";
import { outlierDetection } from "./outlier-detection.ts";
import { NOTICED_WHEN_GONE, originalDestination } from "./pass-through.ts";
import { clientTransport } from "./tls.ts";

/**
 * The clusters of everything that a node or a gateway may call. One of another node is that node's alone, the same for all who call it.
 * `clusterDomain`: such as `cluster.local`.
 */
export function egressClusters(view: MeshView, { sdsSocket }: ProxyTraits, clusterDomain: string): Resource[] {
  const targets = view.targets.flatMap((target) =>
    target.listeners.flatMap((listener) =>
      listener.connections.map(({ suffix, tls }) => {
        // who else connects in this way, or in another one, is no part of the cluster
        const own = { ...target, servicePorts: undefined, listeners: [] };
        const alone = { ...listener, connections: [] };
        const connection = { suffix, transport: tls && { tls, sdsSocket } };
        return resourceFrom(
          targetCluster,
          // a policy is the caller's
          tls === undefined ? [target.object] : [target.object, view.object],
          view.mesh.name,
          own,
          alone,
          connection,
          clusterDomain,
        );
      }),
    ),
  );
  return [...targets, ...outside(view)];
}

/** A gateway calls nobody outside of the mesh. */
function outside(view: MeshView): readonly Resource[] {
  if (view.kind === "virtualGateway") return [];
  const { mesh, egress } = view;
  const amazon = resourceFrom(originalDestination, [mesh.object], amazonCluster(mesh.name));
  if (egress !== "ALLOW_ALL") return [amazon];
  return [amazon, resourceFrom(anywhere, [mesh.object], allowAllCluster(mesh.name))];
}

/** Connections, and requests of those that are taken for HTTP: among them gRPC of a service by its short name. */
function anywhere(name: string): Cluster {
  return create(ClusterSchema, { ...originalDestination(name), ...sameUpstream(HTTP_IDLE) });
}

interface Connection {
  readonly suffix: string;
  readonly transport: { readonly tls: ClientTlsView; readonly sdsSocket: boolean } | undefined;
}

function targetCluster(
  mesh: string,
  target: TargetView,
  listener: TargetListenerView,
  { suffix, transport }: Connection,
  clusterDomain: string,
): Cluster {
  const { port, protocol } = listener;
  const name = egressCluster({ mesh, node: target.name, protocol, port }, suffix);
  const common = {
    name,
    connectTimeout: seconds(1),
    lbPolicy: Cluster_LbPolicy.ROUND_ROBIN,
    ...clusterLimits(),
    ...NOTICED_WHEN_GONE,
    // requests come there by connections over HTTP that are older than the protocol tcp
    ...(protocol === "tcp" ? sameUpstream(HTTP_IDLE) : httpUpstream(protocol)),
    ...(transport !== undefined && { transportSocket: clientTransport(transport.tls, protocol, transport.sdsSocket) }),
    ...healthChecks(listener, target.discovery),
    ...outlierDetection(listener.outlierDetection),
    // where less than half of them are well, all are called rather than too few
    commonLbConfig: { healthyPanicThreshold: { value: 50 } },
  };
  const { discovery } = target;
  const dialed = dialedPort(listener);
  const endpoints = endpointsOf(discovery, listener);
  if (endpoints !== undefined) return create(ClusterSchema, { ...common, ...eds(endpoints) });
  if (discovery.kind !== "dns" || !mayDial(discovery.hostname, dialed)) {
    const type = { case: "type", value: Cluster_DiscoveryType.STATIC } as const;
    return create(ClusterSchema, {
      ...common,
      clusterDiscoveryType: type,
      loadAssignment: { clusterName: name, endpoints: writtenEndpoints(discovery, listener) },
    });
  }
  const address = hostToAsk(discovery.hostname, clusterDomain);
  return create(ClusterSchema, {
    ...common,
    clusterDiscoveryType: { case: "clusterType", value: { name: "envoy.cluster.dns", typedConfig: dns(discovery) } },
    loadAssignment: {
      clusterName: name,
      endpoints: [{ lbEndpoints: [lbEndpoint({ address, port: dialed }, checkedPort(listener))] }],
    },
  });
}

/** Those that the node itself names; without any nobody is there, and requests are answered with 503. */
function writtenEndpoints(discovery: DiscoveryView, listener: TargetListenerView) {
  if (discovery.kind !== "static") return [];
  const places = discovery.endpoints.map(({ address, port }) => ({ address, port: port ?? dialedPort(listener) }));
  const dialable = places.filter(({ address, port }) => mayDial(address, port));
  return [{ lbEndpoints: dialable.map((place) => lbEndpoint(place, checkedPort(listener))) }];
}

/** Members come from the control plane. */
function eds(serviceName: string) {
  return {
    clusterDiscoveryType: { case: "type", value: Cluster_DiscoveryType.EDS },
    edsClusterConfig: {
      edsConfig: {
        configSourceSpecifier: { case: "ads", value: {} },
        initialFetchTimeout: seconds(5),
        resourceApiVersion: ApiVersion.V3,
      },
      serviceName,
    },
  } as const satisfies MessageInitShape<typeof ClusterSchema>;
}

const FAMILIES = {
  IPv4_ONLY: DnsLookupFamily.V4_ONLY,
  IPv6_ONLY: DnsLookupFamily.V6_ONLY,
  IPv4_PREFERRED: DnsLookupFamily.V4_PREFERRED,
  IPv6_PREFERRED: DnsLookupFamily.AUTO,
} as const;

/**
 * How a name is asked for. One that nobody answers holds up a start for minutes with Envoy's own settings (5 s, 4 tries), and for
 * seconds with these.
 */
function dns({ responseType, ipPreference }: Extract<DiscoveryView, { kind: "dns" }>) {
  return typed(DnsClusterSchema, {
    dnsRefreshRate: seconds(5),
    dnsFailureRefreshRate: { baseInterval: seconds(1), maxInterval: seconds(30) },
    respectDnsTtl: true,
    typedDnsResolverConfig: {
      name: "envoy.network.dns_resolver.cares",
      typedConfig: typed(CaresDnsResolverConfigSchema, { queryTimeoutSeconds: 1n, queryTries: 2 }),
    },
    dnsLookupFamily: ipPreference === undefined ? DnsLookupFamily.ALL : FAMILIES[ipPreference],
    allAddressesInSingleEndpoint: responseType === "LOADBALANCER",
  });
}

/**
 * The name as it is asked for: with a dot at its end where it is a whole name of the cluster, so that no search domain is tried
 * before it. Shorter ones, which people write too, need those.
 */
function hostToAsk(hostname: string, clusterDomain: string): string {
  const isWhole = hostname.toLowerCase().endsWith(`.${clusterDomain.toLowerCase()}`);
  return isWhole && isIP(hostname) === 0 ? `${hostname}.` : hostname;
}
