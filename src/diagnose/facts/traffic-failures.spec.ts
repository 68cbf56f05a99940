import { describe, expect, test } from "vitest";
import { trafficFailuresIn } from "./traffic-failures.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const APP = "cds_ingress_m_n_http_80";
const OTHER = "cds_egress_m_o_http_80";
const of = (cluster: string): string => `{appmesh_mesh="m",envoy_cluster_name="${cluster}"}`;
const read = (...lines: readonly string[]) => trafficFailuresIn(lines.join("\n"), NOW);

describe("failures of traffic", () => {
  test.each([
    [
      "a host that is no backend",
      'envoy_http_no_route{envoy_http_conn_manager_prefix="egress"} 2',
      { kind: "no-route", count: 2 },
    ],
    [
      "an address that is none",
      'envoy_listener_no_filter_chain_match{envoy_listener_address="[__]_15001"} 1',
      { kind: "closed", count: 1 },
    ],
    [
      "an app that does not listen",
      `envoy_cluster_upstream_cx_connect_fail${of(APP)} 3`,
      { kind: "app-refuses", cluster: APP, count: 3 },
    ],
    [
      "a node that is not reached",
      `envoy_cluster_upstream_cx_connect_fail${of(OTHER)} 4`,
      { kind: "unreachable", cluster: OTHER, count: 4 },
    ],
    [
      "another name in a certificate",
      `envoy_cluster_ssl_fail_verify_san${of(OTHER)} 5`,
      { kind: "other-name", cluster: OTHER, count: 5 },
    ],
    [
      "a certificate that is not trusted",
      `envoy_cluster_ssl_fail_verify_error${of(OTHER)} 6`,
      { kind: "not-trusted", cluster: OTHER, count: 6 },
    ],
    [
      "a client without a certificate",
      'envoy_listener_ssl_fail_verify_no_cert{envoy_listener_address="[__]_15000"} 7',
      { kind: "client-refused", count: 7 },
    ],
  ])("are read: %s", (_, line, failure) => {
    expect(read(`# TYPE ${line.split("{")[0]} counter`, line)).toEqual([failure]);
  });

  test.each([
    ["crt__certs_tls_key", "file-certificate:/certs/tls", "/certs/tls.crt"],
    ["pem", "file-trust:/certs/ca", "/certs/ca.pem"],
    ["pem__with__certs_tls_crt__certs_tls_key", "file-trust:/certs/ca", "/certs/ca.pem"],
    ["crt__certs_tls_key__with__certs_ca_pem", "file-certificate:/certs/tls", "/certs/tls.crt"],
    ["example_com_pem__certs_key_pem", "file-certificate:/certs/shop", "/certs/shop…"],
    ["sds", "web", "web"],
    ["amazon", "acm-certificate:arn:aws:acm:x", "acm-certificate:arn:aws:acm:x"],
  ])("are certificates that are over, as far as Envoy says their names: %s of %s", (rest, label, certificate) => {
    const name = `envoy_listener_ssl_certificate_${rest}_expiration_unix_time_seconds`;
    const at = (time: number): string =>
      `${name}{envoy_tls_certificate="${label}",envoy_listener_address="[__]_15000"} ${time / 1000}`;
    expect(read(at(NOW - 60_000))).toEqual([{ kind: "expired", certificate, since: "2026-11-22T11:59:00.000Z" }]);
    expect(read(at(NOW + 60_000))).toEqual([]);
  });

  test.each([
    [
      "of an app that answered before or since",
      [`envoy_cluster_upstream_cx_connect_fail${of(APP)} 3`, `envoy_cluster_upstream_cx_rx_bytes_total${of(APP)} 1`],
    ],
    ["of the sidecar's own clusters", [`envoy_cluster_upstream_cx_connect_fail${of("outrigger_xds")} 3`]],
    [
      "of a client that another listener does not take",
      ['envoy_listener_no_filter_chain_match{envoy_listener_address="[__]_15000"} 1'],
    ],
    ["of strangers at a gateway", ['envoy_http_no_route{envoy_http_conn_manager_prefix="ingress"} 2']],
    ["that are zero", ['envoy_http_no_route{envoy_http_conn_manager_prefix="egress"} 0']],
    ["in something else", ["<html>envoy_http_no_route</html>", ""]],
  ])("are none %s", (_, lines) => {
    expect(read(...lines)).toEqual([]);
  });
});
