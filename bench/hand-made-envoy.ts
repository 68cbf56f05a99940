import { type JsonObject, objectsOf } from "../src/model/json.ts";

/** The least that takes captured connections of both directions and passes them on: what one would write oneself. */
const CONFIGURATION = {
  admin: { address: address("127.0.0.1", 9901) },
  static_resources: {
    listeners: [listener("inbound", 15_000), listener("outbound", 15_001)],
    clusters: [{ name: "original", type: "ORIGINAL_DST", lb_policy: "CLUSTER_PROVIDED", connect_timeout: "10s" }],
  },
};

/** A pod as the injector makes it, with an Envoy of one's own: no control plane, no status listener, no identity. */
export function withHandMadeEnvoy(injected: JsonObject): JsonObject {
  const spec = injected["spec"] as JsonObject;
  const initContainers = objectsOf(spec["initContainers"]).map((container) => {
    if (container["name"] !== "envoy") return container;
    const { startupProbe: _s, readinessProbe: _r, volumeMounts: _v, env: _e, ...rest } = container;
    return {
      ...rest,
      args: ["--config-yaml", JSON.stringify(CONFIGURATION), "--log-level", "warning", "--disable-hot-restart"],
    };
  });
  return { ...injected, spec: { ...spec, initContainers } };
}

function listener(name: string, port: number): object {
  const type = (path: string): string => `type.googleapis.com/envoy.extensions.filters.${path}`;
  return {
    name,
    address: address("0.0.0.0", port),
    listener_filters: [
      {
        name: "envoy.filters.listener.original_dst",
        typed_config: { "@type": type("listener.original_dst.v3.OriginalDst") },
      },
    ],
    filter_chains: [
      {
        filters: [
          {
            name: "envoy.filters.network.tcp_proxy",
            typed_config: { "@type": type("network.tcp_proxy.v3.TcpProxy"), stat_prefix: name, cluster: "original" },
          },
        ],
      },
    ],
  };
}

function address(host: string, port: number): object {
  return { socket_address: { address: host, port_value: port } };
}
