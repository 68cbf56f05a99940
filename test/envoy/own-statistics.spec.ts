import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BootstrapSpec } from "../../src/bootstrap/spec.ts";
import { PORTS } from "../../src/model/names.ts";
import { ask, succeeds } from "./ask.ts";
import { configYaml, eventually, type RunningEnvoy, sidecarPorts, startEnvoy } from "./envoy-process.ts";
import { LOOPBACK_POD } from "./kubelet-expansion.ts";
import { PLAIN_SPEC } from "./plain-spec.ts";

/* Readiness, scrapes, probes and what goes to collectors are no traffic of the mesh. */

/** A mesh may have names that hold ours. */
const USERS_CLUSTER = "cds_egress_shop_outrigger_admin_http_8080";

let ports: ReadonlyMap<number, number>;
let app: Server;
let envoy: RunningEnvoy;

beforeAll(async () => {
  ports = await sidecarPorts();
  app = createServer((_, response) => response.end("ok")).listen(0, "127.0.0.1");
  await once(app, "listening");
  const { port } = app.address() as AddressInfo;
  const spec: BootstrapSpec = {
    ...PLAIN_SPEC,
    controlPlane: { kind: "none" },
    probes: [
      { path: "/probe/app", timeoutSeconds: 5, check: { kind: "http", tls: false, port, path: "/", ownHost: false } },
      { path: "/probe/tcp", timeoutSeconds: 5, check: { kind: "tcp", port } },
    ],
    tracing: { kind: "jaeger", address: "127.0.0.1", port, samplingRate: 1 },
    statsd: { kind: "address", address: "localhost", port: 9 },
    sdsSocket: "/nowhere/agent.sock",
  };
  envoy = await startEnvoy(withMesh(configYaml(spec, { pod: LOOPBACK_POD, ports, identity: "/nowhere" }), port));
  await eventually(() => status("/ready"), succeeds);
});

afterAll(async () => {
  await envoy.stop();
  app.close();
});

describe("after readiness, probes and scrapes", () => {
  beforeAll(async () => {
    for (let count = 0; count < 3; count += 1) {
      for (const path of ["/ready", "/probe/app", "/stats/prometheus"]) expect((await status(path)).status).toBe(200);
      await eventually(() => status("/probe/tcp"), succeeds);
      await ask({ host: "127.0.0.1", port: portOf(PORTS.admin), path: "/ready" });
    }
  });

  test("no request and no connection is counted anywhere", async () => {
    expect(await counted()).toEqual([]);
  });

  test("nothing has a name of ours but what passes the app's traffic on, and what probes are answered by", async () => {
    const { body } = await status("/stats/prometheus");
    const own = [...body.matchAll(/^(envoy_\w+)\{.*"((?:outrigger|static_cluster)_\w+)"/gm)];
    const others = own.filter(([, metric]) => !metric?.startsWith("envoy_cluster_membership_"));
    expect(new Set(others.map(([, , name]) => name))).toEqual(
      new Set(["outrigger_pass_through_inbound", "outrigger_pass_through_outbound", "outrigger_nowhere"]),
    );
  });

  test("the cluster manager's statistics are there, by which Envoy itself goes", async () => {
    const { body } = await status("/stats/prometheus");
    expect(body).toMatch(/^envoy_cluster_manager_warming_clusters\{\} 0$/m);
    expect(body).toMatch(/^envoy_cluster_manager_cluster_added\{\} [1-9]/m);
  });

  test("a request of the mesh counts once, though its cluster's name holds one of ours", async () => {
    expect((await ask({ host: "127.0.0.1", port: portOf(PORTS.outbound), path: "/" })).status).toBe(200);
    const lines = await counted();
    expect(lines).toContain(`envoy_cluster_upstream_rq_total{envoy_cluster_name="${USERS_CLUSTER}"} 1`);
    expect(lines.filter((line) => /_rq_total/.test(line) && !/(egress|cds_egress)/.test(line))).toEqual([]);
  });
});

/** Requests and connections that the statistics know of. */
async function counted(): Promise<readonly string[]> {
  const { body } = await status("/stats/prometheus");
  return body
    .split("\n")
    .filter((line) => /^envoy_(cluster|http|listener|tcp|udp)\w*_(rq|cx)_?\w*\{/.test(line) && !line.endsWith(" 0"));
}

/** As a control plane would serve it: a listener in place of the outbound one, with a route to a cluster of the mesh. */
function withMesh(config: string, appPort: number): string {
  const parsed = JSON.parse(config) as { static_resources: { listeners: { name: string }[]; clusters: object[] } };
  const { static_resources: resources } = parsed;
  const address = (port_value: number) => ({ socket_address: { address: "127.0.0.1", port_value } });
  const prefix = "type.googleapis.com/envoy.extensions.filters";
  const manager = {
    "@type": `${prefix}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "egress",
    route_config: {
      virtual_hosts: [
        { name: "app", domains: ["*"], routes: [{ match: { prefix: "/" }, route: { cluster: USERS_CLUSTER } }] },
      ],
    },
    http_filters: [{ name: "envoy.filters.http.router", typed_config: { "@type": `${prefix}.http.router.v3.Router` } }],
  };
  const listener = {
    name: "lds_egress_0.0.0.0_15001",
    address: address(portOf(PORTS.outbound)),
    filter_chains: [{ filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }] }],
  };
  const cluster = {
    name: USERS_CLUSTER,
    connect_timeout: "5s",
    load_assignment: {
      cluster_name: USERS_CLUSTER,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: address(appPort) } }] }],
    },
  };
  resources.listeners = [...resources.listeners.filter(({ name }) => name !== "outrigger_outbound"), listener];
  resources.clusters = [...resources.clusters, cluster];
  return JSON.stringify(parsed);
}

function status(path: string): ReturnType<typeof ask> {
  return ask({ host: "127.0.0.1", port: portOf(PORTS.status), path });
}

function portOf(port: number): number {
  return ports.get(port) as number;
}
