import { describe, expect, test } from "vitest";
import { overflowsIn } from "./overflows.ts";

describe("counters of refusals", () => {
  test("are read with what they are of", () => {
    const text = [
      "# TYPE envoy_cluster_upstream_cx_overflow counter",
      'envoy_cluster_upstream_cx_overflow{envoy_cluster_name="cds_ingress_m_n_tcp_80"} 3',
      'envoy_cluster_upstream_rq_pending_overflow{appmesh_mesh="m",envoy_cluster_name="a"} 2',
      'envoy_listener_downstream_cx_overflow{envoy_listener_address="0.0.0.0_15000"} 1',
      "envoy_server_some_overflow{} 4",
    ].join("\n");
    expect(overflowsIn(text)).toEqual([
      { counter: "cluster_upstream_cx_overflow", of: "cds_ingress_m_n_tcp_80", count: 3 },
      { counter: "cluster_upstream_rq_pending_overflow", of: "a", count: 2 },
      { counter: "listener_downstream_cx_overflow", of: "0.0.0.0_15000", count: 1 },
      { counter: "server_some_overflow", of: "", count: 4 },
    ]);
  });

  test.each([
    ["none that is zero", 'envoy_cluster_upstream_cx_overflow{envoy_cluster_name="a"} 0'],
    ["no other counter", 'envoy_cluster_upstream_cx_total{envoy_cluster_name="a"} 7'],
    ["no page of something else", "<html>envoy_cluster_upstream_cx_overflow</html>"],
    ["nothing", ""],
  ])("are %s", (_, text) => {
    expect(overflowsIn(text)).toEqual([]);
  });
});
