import { isIP } from "node:net";
import type { ClusterDns } from "../model/cluster-dns.ts";
import type { JsonObject } from "../model/json.ts";
import { IDENTITY_PATH } from "../model/names.ts";
import { bareAddress } from "./address.ts";
import { namedCluster, protocolOptions } from "./clusters.ts";
import { IDENTITY_FILES, TOKEN_SECRET, TRUST_SECRET } from "./identity-files.ts";
import { duration, typed } from "./typed.ts";

/** Cluster of the control plane. */
const CONTROL_PLANE_CLUSTER = "outrigger_control_plane";

/** A dead control plane is noticed after this long without an answer; without it a lost node hangs a stream for hours. */
const KEEPALIVE = { interval: duration(30), timeout: duration(10) };

/**
 * Between two attempts Envoy waits a random time up to a bound that doubles. Ten seconds at most, not Envoy's thirty: a
 * new pod waits for its configuration, and a thousand proxies that come back at once are still only a hundred a second.
 */
const BACK_OFF = { base_interval: duration(0.5), max_interval: duration(10) };

/**
 * Delta ADS. A proxy that has never had its configuration waits for it (`0s`: for ever) instead of coming up without
 * listeners, which would look ready and refuse the app's traffic; the start-up probe bounds the wait.
 */
export function dynamicResources(): JsonObject {
  const overAds = { resource_api_version: "V3", ads: {}, initial_fetch_timeout: duration(0) };
  return {
    ads_config: {
      api_type: "DELTA_GRPC",
      transport_api_version: "V3",
      set_node_on_first_message_only: true,
      grpc_services: [
        { envoy_grpc: { cluster_name: CONTROL_PLANE_CLUSTER, retry_policy: { retry_back_off: BACK_OFF } } },
      ],
    },
    cds_config: overAds,
    lds_config: overAds,
  };
}

/**
 * The control plane over TLS and HTTP/2. The token is put in by the *upstream* filter chain, so that it reaches every
 * new stream as it is in the file at that moment; roots come from a file too and are replaced without a restart.
 */
export function controlPlaneCluster(address: string, port: number, clusterDns: ClusterDns | undefined): JsonObject {
  const host = bareAddress(address);
  return namedCluster(
    {
      name: CONTROL_PLANE_CLUSTER,
      host,
      port,
      connectTimeout: duration(5),
      // there is one stream
      breakers: "envoy's own",
      extra: {
        ...protocolOptions({
          explicit_http_config: { http2_protocol_options: { connection_keepalive: KEEPALIVE } },
          http_filters: [tokenFilter(), codecFilter()],
        }),
        transport_socket: tls(host),
      },
    },
    clusterDns,
  );
}

function tokenFilter(): JsonObject {
  return {
    name: "envoy.filters.http.credential_injector",
    typed_config: typed("envoy.extensions.filters.http.credential_injector.v3.CredentialInjector", {
      overwrite: true,
      credential: {
        name: "envoy.http.injected_credentials.generic",
        typed_config: typed("envoy.extensions.http.injected_credentials.generic.v3.Generic", {
          credential: { name: TOKEN_SECRET, sds_config: fromFile(IDENTITY_FILES.tokenSds) },
          header: "authorization",
          header_value_prefix: "Bearer ",
        }),
      },
    }),
  };
}

function codecFilter(): JsonObject {
  return {
    name: "envoy.filters.http.upstream_codec",
    typed_config: typed("envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec"),
  };
}

/** TLS 1.2 at least, as is Envoy's default. An IP address is no server name (RFC 6066 §3): the certificate must carry it as an address. */
function tls(host: string): JsonObject {
  const isAddress = isIP(host) !== 0;
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: typed("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", {
      ...(!isAddress && { sni: host }),
      common_tls_context: {
        alpn_protocols: ["h2"],
        combined_validation_context: {
          default_validation_context: {
            match_typed_subject_alt_names: [{ san_type: isAddress ? "IP_ADDRESS" : "DNS", matcher: { exact: host } }],
          },
          validation_context_sds_secret_config: { name: TRUST_SECRET, sds_config: fromFile(IDENTITY_FILES.trustSds) },
        },
      },
    }),
  };
}

function fromFile(path: string): JsonObject {
  return {
    resource_api_version: "V3",
    path_config_source: { path, watched_directory: { path: IDENTITY_PATH } },
  };
}
