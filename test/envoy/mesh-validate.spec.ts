import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { create, toJson } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import type { NodeView } from "../../src/graph/view.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { PLAIN_TRAITS, type ProxyTraits } from "../../src/model/proxy-traits.ts";
import { typed } from "../../src/xds/encode/typed.ts";
import { ClusterSchema } from "../../src/xds/generated/envoy/config/cluster/v3/cluster_pb.js";
import { ListenerSchema } from "../../src/xds/generated/envoy/config/listener/v3/listener_pb.js";
import type { RouteConfiguration } from "../../src/xds/generated/envoy/config/route/v3/route_pb.js";
import { RouterSchema } from "../../src/xds/generated/envoy/extensions/filters/http/router/v3/router_pb.js";
import { HttpConnectionManagerSchema } from "../../src/xds/generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { translateNode } from "../../src/xds/translate/node.ts";
import { TYPES } from "../../src/xds/types.ts";
import { ENVOY_MESSAGES } from "../envoy-messages.ts";
import { httpRoute, listenerView, nodeView, routedService, serviceView, targetView, to } from "../mesh-views.ts";
import { viewsOf } from "../translated-manifest.ts";
import { validate } from "./envoy-process.ts";

const TRAITS: ProxyTraits = { ...PLAIN_TRAITS, ipv6: true, directions: "separate" };
const CLUSTER = { domain: "cluster.local" };
const OPTIONS = { registry: ENVOY_MESSAGES };

/** A bootstrap that holds everything that a proxy of the view gets; routes stand in listeners of their own, to be looked at too. */
function configOf(view: NodeView, traits = TRAITS): string {
  const resources = translateNode(view, traits, CLUSTER);
  const clusters = resources.flatMap((each) =>
    each.type === TYPES.cluster ? [toJson(ClusterSchema, each.message, OPTIONS) as JsonObject] : [],
  );
  const listeners = resources.flatMap((each) =>
    each.type === TYPES.listener ? [toJson(ListenerSchema, each.message, OPTIONS) as JsonObject] : [],
  );
  const routes = resources.flatMap((each, index) =>
    each.type === TYPES.route ? [listenerOf(each.message, 20_000 + index)] : [],
  );
  const ads = {
    apiType: "DELTA_GRPC",
    transportApiVersion: "V3",
    grpcServices: [{ envoyGrpc: { clusterName: "xds" } }],
  };
  return JSON.stringify({
    node: { id: "test", cluster: "test" },
    dynamicResources: { adsConfig: ads },
    staticResources: {
      clusters: [{ name: "xds", type: "STATIC", loadAssignment: { clusterName: "xds" } }, ...clusters],
      listeners: [...listeners, ...routes],
    },
  });
}

function listenerOf(routes: RouteConfiguration, portValue: number): JsonObject {
  const manager = typed(HttpConnectionManagerSchema, {
    statPrefix: routes.name,
    routeSpecifier: { case: "routeConfig", value: routes },
    httpFilters: [{ name: "router", configType: { case: "typedConfig", value: typed(RouterSchema) } }],
  });
  const message = create(ListenerSchema, {
    name: routes.name,
    address: {
      address: {
        case: "socketAddress",
        value: { address: "127.0.0.1", portSpecifier: { case: "portValue", value: portValue } },
      },
    },
    filterChains: [{ filters: [{ name: "http", configType: { case: "typedConfig", value: manager } }] }],
  });
  return toJson(ListenerSchema, message, OPTIONS) as JsonObject;
}

const COLOURS = ["red", "blue", "green"].map((name) => targetView(name));
const header = (exact: string) => ({ prefix: "/", headers: [{ name: "color_header", match: { exact } }] });

const VIEWS: Readonly<Record<string, NodeView>> = {
  "a node alone": nodeView(),
  "a node without a listener": nodeView({ listeners: [] }),
  "every kind of match": nodeView({
    targets: COLOURS,
    services: [
      routedService("color", {
        port: 8080,
        protocol: "http",
        routes: [
          httpRoute("exact", [to("red")], { match: header("red") }),
          httpRoute("range", [to("red")], {
            match: { prefix: "/", headers: [{ name: "n", match: { range: { start: 1, end: 5 } }, invert: true }] },
          }),
          httpRoute("regex", [to("blue")], {
            match: { path: { regex: "/v[0-9]+/.*" }, headers: [{ name: "x", match: { regex: "a|b" } }] },
          }),
          httpRoute("query", [to("blue")], {
            match: { path: { exact: "/a" }, queryParameters: [{ name: "q", match: { exact: "1" } }, { name: "r" }] },
          }),
          httpRoute("rest", [to("blue", 3), to("green", 1), { kind: "missing", name: "gone", weight: 2 }], {
            match: {
              prefix: "/",
              method: "GET",
              scheme: "http",
              headers: [{ name: "p", match: { prefix: "a" } }, { name: "s", match: { suffix: "b" } }, { name: "t" }],
            },
            retryPolicy: {
              maxRetries: 4,
              perRetryTimeout: { unit: "ms", value: 2000 },
              httpRetryEvents: ["server-error", "client-error", "stream-error"],
              tcpRetryEvents: ["connection-error"],
            },
          }),
          httpRoute("nobody", [to("blue", 0)]),
        ],
      }),
    ],
  }),
  "HTTP and TCP on one port, and out of the mesh": nodeView({
    egress: "ALLOW_ALL",
    listeners: [listenerView({}), listenerView({ port: 3306, protocol: "tcp" })],
    accessLog: { path: "/dev/stdout", format: { json: [{ key: "code", value: "%RESPONSE_CODE%" }] } },
    targets: [...COLOURS, targetView("db", { listeners: [{ port: 8080, protocol: "tcp" }] })],
    services: [
      {
        ...serviceView("db", { kind: "node", target: "db_shop", ports: [8080] }),
        addresses: ["10.97.0.20", "fd00:10:97::20"],
      },
      serviceView("red", { kind: "node", target: "red_shop", ports: [8080] }),
      serviceView("nobody", { kind: "none" }),
    ],
  }),
  "weights of connections": nodeView({
    accessLog: { path: "/dev/stdout", format: { text: "%START_TIME%\n" } },
    targets: [targetView("db", { listeners: [{ port: 3306, protocol: "tcp" }] })],
    services: [
      routedService("db", {
        port: 3306,
        protocol: "tcp",
        routes: [
          {
            protocol: "tcp",
            name: "all",
            priority: undefined,
            timeout: { perRequest: 0, idle: 300_000 },
            targets: [to("db", 1, 3306), { kind: "missing", name: "old", weight: 1 }],
          },
        ],
      }),
    ],
  }),
};

const MANIFESTS = join(import.meta.dirname, "../../src/xds/translate/testdata/in");

describe("what a proxy gets is valid for Envoy, without a warning", () => {
  test.each(readdirSync(MANIFESTS))("every node of the golden file %s", async (file) => {
    const views = viewsOf(readFileSync(join(MANIFESTS, file), "utf8"));
    expect(views.length).toBeGreaterThan(0);
    for (const view of views) {
      // its standard error is a socket here, which nobody can open
      const config = configOf(view).replaceAll("/dev/stderr", "/dev/stdout");
      expect({ node: view.name, ...(await validate(config)) }).toEqual({
        node: view.name,
        valid: true,
        log: "",
      });
    }
  });

  test.each(Object.entries(VIEWS))("%s", async (_, view) => {
    expect(await validate(configOf(view))).toEqual({ valid: true, log: "" });
  });

  test("with tracing, and listeners of IPv4 alone", async () => {
    const traits: ProxyTraits = { ...TRAITS, ipv6: false, tracing: { kind: "xray", port: 2000, rate: 0.05 } };
    expect(await validate(configOf(VIEWS["every kind of match"] as NodeView, traits))).toEqual({
      valid: true,
      log: "",
    });
  });

  test("what RE2 does not read is refused, so these can fail", async () => {
    const config = configOf(VIEWS["every kind of match"] as NodeView).replaceAll("a|b", "a(?=b)");
    expect((await validate(config)).valid).toBe(false);
  });
});
