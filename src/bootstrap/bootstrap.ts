import type { JsonObject } from "../model/json.ts";
import { admin, adminCluster } from "./admin.ts";
import { connectionProbeClusters, isConnectionProbe } from "./connection-probes.ts";
import { controlPlaneCluster, dynamicResources } from "./control-plane.ts";
import { httpProbeClusters, isHttpProbe } from "./http-probes.ts";
import { limits } from "./limits.ts";
import { envoyNode } from "./node.ts";
import { withoutOwnStatistics } from "./own-statistics.ts";
import { passThroughClusters, passThroughListeners } from "./pass-through.ts";
import { sdsSocketCluster } from "./sds-socket.ts";
import type { BootstrapSpec } from "./spec.ts";
import { statsdParts, statsTags } from "./stats.ts";
import { statusListener } from "./status-listener.ts";
import { tracingParts } from "./tracing.ts";

/**
 * The complete static configuration of a sidecar, for stock Envoy 1.40: an `envoy.config.bootstrap.v3.Bootstrap` in its
 * JSON form, without any deprecated field. Render it with `bootstrapArgument`, which also fills the places that
 * `expanded` made. Pure and deterministic; it throws nothing for a spec that keeps to its types.
 */
export function bootstrap(spec: BootstrapSpec): JsonObject {
  const tracing = tracingParts(spec.tracing, spec.clusterDns);
  const statsd = statsdParts(spec.statsd, spec.clusterDns);
  const configured = configuration(spec);
  return {
    node: envoyNode(spec.node, spec.ipv6, tracing.settings),
    admin: admin(spec.adminPort),
    static_resources: {
      listeners: [
        statusListener(spec.ipv6, spec.probes),
        ...configured.listeners,
        ...statsd.listeners,
        ...tracing.listeners,
      ],
      clusters: [
        adminCluster(spec.adminPort),
        ...httpProbeClusters(spec.probes.filter(isHttpProbe)),
        ...connectionProbeClusters(spec.probes.filter(isConnectionProbe)),
        ...configured.clusters,
        ...statsd.clusters,
        ...tracing.clusters,
        ...(spec.sdsSocket === undefined ? [] : [sdsSocketCluster(spec.sdsSocket)]),
      ],
    },
    ...configured.dynamic,
    stats_config: { ...withoutOwnStatistics(), ...(spec.statsTags && statsTags(spec.node)) },
    ...(statsd.sinks.length > 0 && { stats_sinks: statsd.sinks }),
    ...limits(),
  };
}

interface Configured {
  readonly listeners: readonly JsonObject[];
  readonly clusters: readonly JsonObject[];
  readonly dynamic: JsonObject;
}

/** Where the configuration of the app's traffic comes from. */
function configuration({ controlPlane, clusterDns, ipv6 }: BootstrapSpec): Configured {
  switch (controlPlane.kind) {
    case "ads":
      return {
        listeners: [],
        clusters: [controlPlaneCluster(controlPlane.address, controlPlane.port, clusterDns)],
        dynamic: { dynamic_resources: dynamicResources() },
      };
    case "none":
      return { listeners: passThroughListeners(ipv6), clusters: passThroughClusters("separate"), dynamic: {} };
  }
}
