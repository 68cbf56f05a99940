import { PORTS } from "../../model/names.ts";
import type { CertificateNames } from "./certificate-names.ts";
import { type EnvoyCount, envoyCounts, envoyLabel } from "./envoy-counts.ts";

/** What a sidecar's statistics tell of traffic that fails, beside the limits that were reached. Counts are since its Envoy began. */
export type TrafficFailure =
  | {
      /**
       * `no-route`: the app asked for a host that is no backend, or for what no route of it takes. `closed`: it called an address that is
       * none of a backend's, and the egress filter lets nothing else out.
       */
      readonly kind: "no-route" | "closed";
      readonly count: number;
    }
  | {
      /**
       * What happened to connections, by Envoy's cluster. `app-refuses`: the app of the pod itself does not take any. `unreachable`: none to another node
       * succeeded. `not-trusted`: the certificate that the called one showed.
       */
      readonly kind: "app-refuses" | "unreachable" | "not-trusted";
      readonly cluster: string;
      readonly count: number;
    }
  | {
      /** The certificate that the called one showed has none of the names that are accepted. */
      readonly kind: "other-name";
      readonly cluster: string;
      readonly count: number;
      /** Which these are, by the Envoys of both ends; undefined: nobody asked them. */
      readonly names?: CertificateNames;
    }
  /** Clients that showed no certificate, or one that is not accepted. */
  | { readonly kind: "client-refused"; readonly count: number }
  /** A certificate that is over: what it is called, and since when (RFC 3339). */
  | { readonly kind: "expired"; readonly certificate: string; readonly since: string };

/** Parts of Envoy's names by which the statistics are asked for that are read here. */
export const FAILURE_STATISTICS = [
  "no_route",
  "no_filter_chain_match",
  "upstream_cx_connect_fail",
  "upstream_cx_rx_bytes_total",
  "fail_verify",
  "expiration_unix_time_seconds",
] as const;

/** What fails, by statistics in Prometheus' text format. `now` in milliseconds. */
export function trafficFailuresIn(text: string, now: number): readonly TrafficFailure[] {
  const counts = envoyCounts(text);
  const answering = new Set(
    counts.flatMap(({ name, labels }) =>
      name === "cluster_upstream_cx_rx_bytes_total" ? [envoyLabel(labels, "cluster_name")] : [],
    ),
  );
  return counts.flatMap((each) => failureIn(each, answering, now));
}

function failureIn(
  { name, labels, value: count }: EnvoyCount,
  answering: ReadonlySet<string>,
  now: number,
): readonly TrafficFailure[] {
  const cluster = envoyLabel(labels, "cluster_name");
  if (name.endsWith("_expiration_unix_time_seconds")) return expired(name, labels, count * 1000, now);
  switch (name) {
    case "http_no_route":
      return envoyLabel(labels, "http_conn_manager_prefix") === "egress" ? [{ kind: "no-route", count }] : [];
    case "listener_no_filter_chain_match":
      return envoyLabel(labels, "listener_address").endsWith(`_${PORTS.outbound}`) ? [{ kind: "closed", count }] : [];
    case "cluster_upstream_cx_connect_fail":
      // where others were answered these are of a start, or of a pod that went; attempts are no measure, for an app has two addresses
      if (answering.has(cluster)) return [];
      if (cluster.startsWith("cds_ingress_")) return [{ kind: "app-refuses", cluster, count }];
      return cluster.startsWith("cds_egress_") ? [{ kind: "unreachable", cluster, count }] : [];
    case "cluster_ssl_fail_verify_san":
      return [{ kind: "other-name", cluster, count }];
    case "cluster_ssl_fail_verify_error":
      return [{ kind: "not-trusted", cluster, count }];
    case "listener_ssl_fail_verify_no_cert":
    case "listener_ssl_fail_verify_error":
    case "listener_ssl_fail_verify_san":
      return [{ kind: "client-refused", count }];
    default:
      return [];
  }
}

/**
 * A certificate that has ended. Envoy takes its secret's name apart at the first dot, and the rest becomes a part of the statistic's name with
 * underscores in the place of everything else: of a file only the usual endings are made out again.
 */
function expired(name: string, labels: string, at: number, now: number): readonly TrafficFailure[] {
  if (at >= now) return [];
  const label = envoyLabel(labels, "tls_certificate");
  const [, beginning] = /^file-(?:certificate|trust):(.*)$/.exec(label) ?? [];
  const [, ending] = /_ssl_certificate_(crt|pem|cer|cert)(?:__\w+)?_expiration_/.exec(name) ?? [];
  const certificate = beginning === undefined ? label : `${beginning}${ending === undefined ? "…" : `.${ending}`}`;
  return [{ kind: "expired", certificate, since: new Date(at).toISOString() }];
}
