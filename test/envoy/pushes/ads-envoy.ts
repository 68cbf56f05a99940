import { sdsSocketCluster } from "../../../src/bootstrap/sds-socket.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import type { AdsVariant } from "../../../src/xds/serve/ads-stream.ts";
import { freePort } from "../../../testbed/process/free-port.ts";
import { ask, succeeds } from "../ask.ts";
import { eventually, type RunningEnvoy, startEnvoy } from "../envoy-process.ts";

/** A real Envoy whose clusters and listeners come from an xDS server of a test. */
export interface AdsEnvoy extends RunningEnvoy {
  /** A page of its admin interface. */
  readonly admin: (path: string) => Promise<string>;
  /** Statistics by name. */
  readonly stats: (filter: string) => Promise<Readonly<Record<string, number>>>;
  /** Names of clusters that are in use, with their connect timeouts. */
  readonly activeClusters: () => Promise<Readonly<Record<string, string>>>;
}

export interface AdsEnvoyOptions {
  readonly protocol: AdsVariant;
  /** Of the server, on loopback. */
  readonly port: number;
  /** PEM of the server's root. */
  readonly trust: string;
  readonly token: string;
  /** What it says of itself; the token, where nothing is said. */
  readonly id?: string;
  /** Of its admin interface; any that is free where nothing is said. */
  readonly adminPort?: number | undefined;
  /** Socket of an SDS server of the pod's own. */
  readonly sdsSocket?: string | undefined;
}

/** Starts it and resolves once its admin interface answers. */
export async function adsEnvoy(options: AdsEnvoyOptions): Promise<AdsEnvoy> {
  const adminPort = options.adminPort ?? (await freePort());
  const envoy = await startEnvoy(JSON.stringify(bootstrapOf(options, adminPort)));
  const admin = async (path: string): Promise<string> => (await ask({ host: "127.0.0.1", port: adminPort, path })).body;
  await eventually(() => ask({ host: "127.0.0.1", port: adminPort, path: "/server_info" }), succeeds);
  return {
    ...envoy,
    admin,
    async stats(filter) {
      const { stats } = JSON.parse(await admin(`/stats?format=json&filter=${encodeURIComponent(filter)}`)) as {
        stats: { name: string; value: number }[];
      };
      return Object.fromEntries(stats.map(({ name, value }) => [name, value]));
    },
    async activeClusters() {
      const { configs = [] } = JSON.parse(await admin("/config_dump?resource=dynamic_active_clusters")) as {
        configs?: { cluster: { name: string; connect_timeout: string } }[];
      };
      return Object.fromEntries(configs.map(({ cluster }) => [cluster.name, cluster.connect_timeout]));
    },
  };
}

/** Waits until so many listeners are listened on; active ones are not yet. Where one thread of work took up each, as here, that is counted. */
export async function listens(envoy: AdsEnvoy, listeners: number): Promise<void> {
  const created = "listener_manager.listener_create_success";
  await eventually(
    () => envoy.stats(created),
    (stats) => stats[created] === listeners,
  );
}

function bootstrapOf({ id, protocol, port, trust, token, sdsSocket }: AdsEnvoyOptions, adminPort: number): JsonObject {
  const source = { ads: {}, resource_api_version: "V3", initial_fetch_timeout: "0s" };
  const address = (number: number): JsonObject => ({
    socket_address: { address: "127.0.0.1", port_value: number },
  });
  return {
    node: { id: id ?? token, cluster: "test" },
    admin: { address: address(adminPort) },
    dynamic_resources: {
      ads_config: {
        api_type: protocol === "delta" ? "DELTA_GRPC" : "GRPC",
        transport_api_version: "V3",
        set_node_on_first_message_only: true,
        grpc_services: [
          {
            envoy_grpc: { cluster_name: "ads" },
            initial_metadata: [{ key: "authorization", value: `Bearer ${token}` }],
          },
        ],
      },
      cds_config: source,
      lds_config: source,
    },
    static_resources: {
      clusters: [
        ...(sdsSocket === undefined ? [] : [sdsSocketCluster(sdsSocket)]),
        {
          name: "ads",
          type: "STATIC",
          connect_timeout: "5s",
          load_assignment: {
            cluster_name: "ads",
            endpoints: [{ lb_endpoints: [{ endpoint: { address: address(port) } }] }],
          },
          typed_extension_protocol_options: {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
              "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
              explicit_http_config: { http2_protocol_options: {} },
            },
          },
          transport_socket: {
            name: "tls",
            typed_config: {
              "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
              sni: "localhost",
              common_tls_context: { validation_context: { trusted_ca: { inline_string: trust } } },
            },
          },
        },
      ],
    },
  };
}
