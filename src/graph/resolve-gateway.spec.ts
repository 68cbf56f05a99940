import { beforeEach, describe, expect, test, vi } from "vitest";
import {
  aMeshObject,
  aNamespace,
  aVirtualNode,
  goneService,
  meshObject,
  put,
  putNamespace,
  putService,
} from "../../test/mesh-objects.ts";
import type { JsonObject } from "../model/json.ts";
import type { MeshObject, ObjectRef } from "../model/mesh-object.ts";
import { MeshGraph } from "./graph.ts";
import { MeshState } from "./mesh-state.ts";
import { resolveGateway } from "./resolve-gateway.ts";
import type { GatewayView } from "./view.ts";

/* A gateway "shop/door" with listeners of http 8088 and of grpc 9099, and routes to services of one mesh. */

let graph: MeshGraph;

beforeEach(() => {
  graph = new MeshGraph({ mesh: "serve", accountId: "", clusterDomain: "cluster.local", discovery: "dns" });
  graph.apply(["shop", "bank"].map((name) => putNamespace(aNamespace(name, { mesh: "main" }))));
  add(
    aMeshObject("main"),
    door(),
    aVirtualNode("shop/api", [9000]),
    aVirtualNode("shop/two", [9001, 9002]),
    meshObject("VirtualNode", "shop/db", {
      listeners: [{ portMapping: { port: 5432, protocol: "tcp" } }],
      serviceDiscovery: { dns: { hostname: "db" } },
    }),
    ...["api", "two", "db"].map((name) =>
      meshObject("VirtualService", `shop/${name}`, { provider: { virtualNode: { virtualNodeRef: { name } } } }),
    ),
    meshObject("VirtualService", "shop/nothing"),
  );
});

function add(...objects: readonly MeshObject[]): void {
  graph.apply(objects.map((object) => put(object)));
}

function listener(port: number, protocol: string, more: JsonObject = {}): JsonObject {
  return { portMapping: { port, protocol }, ...more };
}

function door(spec: JsonObject = {}, metadata: JsonObject = {}): MeshObject {
  const listeners = [listener(8088, "http"), listener(9099, "grpc")];
  return meshObject("VirtualGateway", "shop/door", { namespaceSelector: {}, listeners, ...spec }, metadata);
}

interface Written {
  readonly match?: JsonObject;
  readonly service?: string;
  readonly port?: number;
  readonly rewrite?: JsonObject;
  readonly priority?: number;
  readonly type?: "httpRoute" | "http2Route" | "grpcRoute";
}

function route(
  place: string,
  { match, service = "shop/api", port, rewrite, priority, type }: Written = {},
): MeshObject {
  const [namespace = "", name = ""] = service.split("/");
  const action = {
    target: { virtualService: { virtualServiceRef: { namespace, name } }, ...(port !== undefined && { port }) },
    ...(rewrite !== undefined && { rewrite }),
  };
  const spec = { ...(priority !== undefined && { priority }), [type ?? "httpRoute"]: { match: match ?? ROOT, action } };
  return meshObject("GatewayRoute", place, spec);
}
const ROOT = { prefix: "/" };

function view(): GatewayView {
  const found = graph.view({ kind: "VirtualGateway", namespace: "shop", name: "door" });
  if (found?.kind !== "virtualGateway") throw new Error("no gateway");
  return found;
}

function problemsOf(kind: "VirtualGateway" | "GatewayRoute", place: string): readonly string[] {
  const [namespace = "", name = ""] = place.split("/");
  const ref = { kind, namespace, name } as ObjectRef;
  return graph.problems(ref).map(({ code, path }) => (path === "" ? code : `${code} at ${path}`));
}

test("a gateway is served, with its routes in order, their services and the nodes behind these", () => {
  add(
    route("shop/late", { priority: 9 }),
    route("bank/early", { priority: 1, service: "bank/nobody", match: { prefix: "/early" } }),
    route("shop/last", { match: { hostname: { suffix: ".Example.com." } }, service: "shop/two", port: 9002 }),
  );
  expect(view()).toMatchObject({
    mode: "serve",
    clientAddress: "forwarded",
    listeners: [
      { port: 8088, protocol: "http" },
      { port: 9099, protocol: "grpc" },
    ],
    routes: [
      { name: "early_bank", on: [8088], target: { kind: "missing", name: "VirtualService/bank/nobody" } },
      { name: "late_shop", on: [8088], target: { kind: "service", name: "api.shop", port: 9000 } },
      {
        name: "last_shop",
        host: { kind: "suffix", suffix: ".example.com" },
        hostSeen: "service's",
        target: { kind: "service", name: "two.shop", port: 9002 },
      },
    ],
    services: [{ name: "api.shop" }, { name: "two.shop" }],
    targets: [{ name: "api_shop" }, { name: "two_shop" }],
  });
  expect(problemsOf("VirtualGateway", "shop/door")).toEqual([]);
  expect(problemsOf("GatewayRoute", "shop/late")).toEqual([]);
  expect(problemsOf("GatewayRoute", "bank/early")).toEqual([
    "missing-reference at spec.httpRoute.action.target.virtualService",
  ]);
});

test("a route that never gets a request is said of its gateway, with the one that takes all of them, until that goes", () => {
  add(route("shop/cart", { match: { prefix: "/cart" } }), route("bank/sale", { priority: 1 }));
  expect(problemsOf("VirtualGateway", "shop/door")).toEqual([expect.stringContaining("shadowed-route")]);
  expect(graph.problems({ kind: "VirtualGateway", namespace: "shop", name: "door" })).toMatchObject([
    {
      message:
        "GatewayRoute shop/cart never gets a request: GatewayRoute bank/sale, tried before it for its priority 1, takes all of them",
      help: "give shop/cart a smaller spec.priority than bank/sale has, give bank/sale another match, or delete one of the two",
    },
  ]);
  add(route("bank/sale"));
  expect(problemsOf("VirtualGateway", "shop/door")).toEqual([]);
});

test("a route heals when its service comes", () => {
  add(route("bank/early", { service: "shop/later" }));
  expect(view().routes[0]?.target.kind).toBe("missing");
  add(meshObject("VirtualService", "shop/later", { provider: { virtualNode: { virtualNodeRef: { name: "api" } } } }));
  expect(view().routes[0]?.target).toEqual({ kind: "service", name: "later.shop", port: 9000 });
});

test("a route is on listeners of its own protocol, or where there are none on all, or on the one that it names", () => {
  const on = () => Object.fromEntries(view().routes.map(({ name, on: ports }) => [name, ports]));
  add(
    route("shop/http"),
    route("shop/http2", { type: "http2Route" }),
    route("shop/grpc", { type: "grpcRoute", match: { serviceName: "a.B" }, service: "shop/nothing" }),
    route("shop/named", { match: { prefix: "/", port: 9099 } }),
  );
  expect(on()).toEqual({ http_shop: [8088], http2_shop: [8088, 9099], grpc_shop: [9099], named_shop: [9099] });
});

describe("what becomes of host and path", () => {
  test.each<[string, Written, object]>([
    ["a prefix becomes a slash", { match: { prefix: "/a" } }, { path: { kind: "prefix", value: "/" } }],
    [
      "a prefix becomes another",
      { match: { prefix: "/a" }, rewrite: { prefix: { value: "/b/" } } },
      { path: { kind: "prefix", value: "/b/" } },
    ],
    [
      "a prefix stays",
      { match: { prefix: "/a" }, rewrite: { prefix: { defaultPrefix: "DISABLED" } } },
      { path: { kind: "kept" }, hostSeen: "service's" },
    ],
    [
      "the host stays, and the prefix does not",
      { match: { prefix: "/a" }, rewrite: { hostname: { defaultTargetHostname: "DISABLED" } } },
      { path: { kind: "prefix", value: "/" }, hostSeen: "client's" },
    ],
    ["a whole path stays", { match: { path: { exact: "/a" } } }, { path: { kind: "kept" } }],
    [
      "a whole path becomes another",
      { match: { path: { regex: "/a.*" } }, rewrite: { path: { exact: "/b" } } },
      { path: { kind: "whole", value: "/b" } },
    ],
    ["a path that is not matched stays", { match: { hostname: { exact: "A.com" } } }, { path: { kind: "kept" } }],
    ["a port of a host means every port", { match: { hostname: { exact: "a.com:80" } } }, { host: { name: "a.com" } }],
  ])("%s", (_, written, expected) => {
    add(route("shop/r", written));
    expect(view().routes).toMatchObject([expected]);
    expect(problemsOf("GatewayRoute", "shop/r")).toEqual([]);
  });
});

describe("a route that cannot be is left out, with a problem, and the others are not", () => {
  test.each<[string, Written, string]>([
    ["host", { match: { hostname: { exact: "*.a.com" } } }, "never-matches at spec.httpRoute.match.hostname.exact"],
    // of its own dot Envoy would have two with "a.com", and would refuse the routes of everybody
    ["host", { match: { hostname: { exact: "a.com.." } } }, "never-matches at spec.httpRoute.match.hostname.exact"],
    [
      "end of a host",
      { match: { hostname: { suffix: ".a.com.." } } },
      "never-matches at spec.httpRoute.match.hostname.suffix",
    ],
    [
      "end of a host",
      { match: { hostname: { suffix: "a.com/x" } } },
      "never-matches at spec.httpRoute.match.hostname.suffix",
    ],
    ["expression", { match: { path: { regex: "/(?=a)" } } }, "bad-expression at spec.httpRoute.match.path.regex"],
    [
      "header",
      { match: { prefix: "/", headers: [{ name: "a\nb" }] } },
      "never-matches at spec.httpRoute.match.headers[0].name",
    ],
    ["port of the gateway", { match: { prefix: "/", port: 80 } }, "port-mismatch at spec.httpRoute.match.port"],
    [
      "path that it becomes",
      { match: { path: { exact: "/a" } }, rewrite: { path: { exact: "/a\r\nb" } } },
      "never-matches at spec.httpRoute.action.rewrite.path.exact",
    ],
  ])("no such %s", (_, written, problem) => {
    add(route("shop/bad", written), route("shop/good"));
    expect(view().routes.map(({ name }) => name)).toEqual(["good_shop"]);
    expect(problemsOf("GatewayRoute", "shop/bad")).toEqual([problem]);
    expect(problemsOf("GatewayRoute", "shop/good")).toEqual([]);
  });
});

describe("a route that nobody answers for stays, with a problem", () => {
  test.each<[string, Written, string]>([
    ["of several ports none is named", { service: "shop/two" }, "port-mismatch at spec.httpRoute.action.target"],
    ["another port is named", { service: "shop/api", port: 1 }, "port-mismatch at spec.httpRoute.action.target.port"],
    ["the service is one of TCP", { service: "shop/db" }, "protocol-mismatch at spec.httpRoute.action.target"],
    [
      "the node cannot take calls of gRPC",
      { type: "grpcRoute", match: { serviceName: "a.B" } },
      "protocol-mismatch at spec.grpcRoute.action.target",
    ],
  ])("%s", (_, written, problem) => {
    add(route("shop/bad", written));
    expect(view().routes).toMatchObject([{ target: { kind: "missing" } }]);
    expect(problemsOf("GatewayRoute", "shop/bad")).toEqual([problem]);
  });

  test("a service without a provider says that itself", () => {
    add(route("shop/bad", { service: "shop/nothing" }));
    expect(view().routes).toMatchObject([{ target: { kind: "service", name: "nothing.shop", port: 0 } }]);
    expect(problemsOf("GatewayRoute", "shop/bad")).toEqual([]);
  });
});

test.each<[string, Written, string]>([
  ["a path without its slash", { match: { prefix: "a" } }, "never-matches at spec.httpRoute.match.prefix"],
  [
    "a prefix that becomes another where none is matched",
    { match: { path: { exact: "/a" } }, rewrite: { prefix: { value: "/b/" } } },
    "ambiguous-field at spec.httpRoute.action.rewrite.prefix",
  ],
  [
    "a path without its slash that another becomes",
    { match: { path: { exact: "/a" } }, rewrite: { path: { exact: "b" } } },
    "never-matches at spec.httpRoute.action.rewrite.path.exact",
  ],
  [
    "an empty range",
    { match: { prefix: "/", headers: [{ name: "a", match: { range: { start: 2, end: 1 } } }] } },
    "never-matches at spec.httpRoute.match.headers[0].match.range",
  ],
])("%s is said once", (_, written, problem) => {
  add(route("shop/r", written));
  expect(view().routes).toHaveLength(1);
  expect(problemsOf("GatewayRoute", "shop/r")).toEqual([problem]);
});

test("two types of a route are a problem, and it is none", () => {
  const given = { match: ROOT, action: { target: { virtualService: { virtualServiceRef: { name: "api" } } } } };
  add(meshObject("GatewayRoute", "shop/both", { httpRoute: given, http2Route: given }));
  expect(view().routes).toEqual([]);
  expect(problemsOf("GatewayRoute", "shop/both")).toEqual(["ambiguous-field at spec"]);
});

test("a route that two gateways would take is of none", () => {
  add(meshObject("VirtualGateway", "shop/other", { namespaceSelector: {} }), route("shop/r"));
  expect(problemsOf("GatewayRoute", "shop/r")).toEqual(["ambiguous-gateway"]);
  expect(view().routes).toEqual([]);
});

test("of a route that another gateway takes not every gateway is looked at", () => {
  const state = new MeshState({ clusterDomain: "cluster.local", discovery: "dns" });
  const doors = Array.from({ length: 10 }, (_, index) =>
    meshObject("VirtualGateway", `shop/door${index}`, {
      namespaceSelector: {},
      gatewayRouteSelector: { matchLabels: { door: String(index) } },
    }),
  );
  const routes = Array.from({ length: 30 }, (_, index) => {
    const { spec } = route(`shop/r${index}`);
    return meshObject("GatewayRoute", `shop/r${index}`, spec as JsonObject, { labels: { door: String(index % 10) } });
  });
  const changes = [putNamespace(aNamespace("shop", { mesh: "main" })), put(aMeshObject("main"))];
  for (const change of [...changes, ...[...doors, ...routes].map((object) => put(object))]) {
    state.apply(change, new Set());
  }
  const reader = state.reader(new Set());
  const list = vi.spyOn(reader, "list");
  const settings = { mesh: "serve", accountId: "", clusterDomain: "cluster.local", discovery: "dns" } as const;
  const found = resolveGateway({ kind: "VirtualGateway", namespace: "shop", name: "door3" }, reader, settings);
  expect(found?.routes.map(({ name }) => name)).toEqual(["r13_shop", "r23_shop", "r3_shop"]);
  // for each of its own routes: whose its name is
  expect(list.mock.calls.filter(([kind]) => kind === "VirtualGateway")).toHaveLength(3);
});

describe("listeners of a gateway", () => {
  test("that are Envoy's own, or twice on a port, or have pools of another protocol, are a problem", () => {
    const http = { http: { maxConnections: 1 } };
    add(
      door({
        listeners: [
          listener(15001, "http"),
          listener(80, "http", { connectionPool: http }),
          listener(80, "http2"),
          listener(81, "grpc", { connectionPool: http }),
        ],
      }),
    );
    expect(view().listeners).toMatchObject([
      { port: 80, protocol: "http" },
      { port: 81, protocol: "grpc" },
    ]);
    expect(problemsOf("VirtualGateway", "shop/door")).toEqual([
      "sidecar-port at spec.listeners[0].portMapping.port",
      "protocol-mismatch at spec.listeners[3].connectionPool.http",
      "port-mismatch at spec.listeners[2]",
    ]);
  });

  describe("with TLS of ACM", () => {
    const tls = { mode: "STRICT", certificate: { acm: { certificateARN: "arn:aws:acm:r:1:certificate/a" } } };
    const signed = () => add(door({ listeners: [listener(443, "http", { tls })] }));
    const GIVES = "outrigger.dev/certificate-names";

    test("are served by a certificate of every name that the namespace has: given by the Mesh, and of its Services", () => {
      signed();
      graph.apply([putService("shop/door", "10.96.0.7"), putService("bank/ledger", "10.96.0.8")]);
      graph.apply([put(aMeshObject("main", {}, { [GIVES]: "shop=*.example.com, bank=bank.example.com" }))]);
      expect(view()).toMatchObject({
        mode: "serve",
        certificateNames: ["*.example.com", "door.shop", "door.shop.svc", "door.shop.svc.cluster.local"],
      });
      expect(problemsOf("VirtualGateway", "shop/door")).toEqual([]);
      graph.apply([goneService("shop/door")]);
      expect(view().certificateNames).toEqual(["*.example.com"]);
    });

    test("get none where the namespace has no name, which is said where Services are known", () => {
      signed();
      expect([view().certificateNames, problemsOf("VirtualGateway", "shop/door")]).toEqual([[], []]);
      graph.apply([putService("bank/ledger", "10.96.0.8")]);
      expect(view().certificateNames).toEqual([]);
      expect(problemsOf("VirtualGateway", "shop/door")).toEqual([
        "certificate-name at spec.listeners[0].tls.certificate.acm",
      ]);
    });

    test("carry at most a hundred names, those that the Mesh gives first, and more is said", () => {
      signed();
      graph.apply(Array.from({ length: 40 }, (_, index) => putService(`shop/s${index}`, "10.96.0.7")));
      graph.apply([put(aMeshObject("main", {}, { [GIVES]: "shop=z.example.com" }))]);
      expect(view().certificateNames).toHaveLength(100);
      expect(view().certificateNames[0]).toBe("z.example.com");
      expect(problemsOf("VirtualGateway", "shop/door")).toEqual([
        "certificate-name at spec.listeners[0].tls.certificate.acm",
      ]);
    });
  });
});

test.each([
  ["true", "connection", []],
  ["false", "forwarded", []],
  ["yes", "forwarded", ["bad-annotation"]],
])("use-remote-address: %s", (value, clientAddress, problems) => {
  add(door({}, { annotations: { "outrigger.dev/use-remote-address": value } }));
  expect(view().clientAddress).toBe(clientAddress);
  expect(problemsOf("VirtualGateway", "shop/door")).toEqual(problems);
});
