const EXTENSIONS = "type.googleapis.com/envoy.extensions.filters";

interface TracedListener {
  readonly name: string;
  readonly address: object;
  readonly traffic_direction: string;
  readonly filter_chains: readonly object[];
}

/** A listener that answers every request itself and traces it, as one that the control plane would send. */
export function tracedListener(port: number, tracing: object): TracedListener {
  const route = { match: { prefix: "/" }, direct_response: { status: 200 } };
  const manager = {
    "@type": `${EXTENSIONS}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "traced",
    tracing,
    route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes: [route] }] },
    http_filters: [
      { name: "envoy.filters.http.router", typed_config: { "@type": `${EXTENSIONS}.http.router.v3.Router` } },
    ],
  };
  const filters = [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }];
  return {
    name: "traced",
    address: { socket_address: { address: "127.0.0.1", port_value: port } },
    traffic_direction: "OUTBOUND",
    filter_chains: [{ filters }],
  };
}
