import { expect, test } from "vitest";
import { firstPassRoutes, type TimedRoute } from "./gateway-first-pass.ts";

const THROUGH = { mesh: "main", node: "door_shop", protocol: "http", port: 80 } as const;

interface Given {
  readonly host?: TimedRoute["host"];
  readonly prefix?: string;
  readonly method?: "GET";
}

function route(name: string, { host = { kind: "any" }, prefix, method }: Given = {}): TimedRoute {
  return {
    object: { kind: "GatewayRoute", namespace: "shop", name },
    name,
    priority: undefined,
    on: [80],
    host,
    hostSeen: "service's",
    target: { kind: "service", name: "api.shop", port: 9000 },
    timeout: { perRequest: 0, idle: 0 },
    protocol: "http",
    match: { prefix, path: undefined, headers: undefined, queryParameters: undefined, method },
    path: { kind: "kept" },
  };
}

const EXACT = { kind: "exact", name: "a.example.com" } as const;
const SUFFIX = { kind: "suffix", suffix: ".example.com" } as const;

/** The routes of each virtual host, each once. */
function routesOf(...routes: readonly TimedRoute[]): Readonly<Record<string, readonly string[]>> {
  const { virtualHosts } = firstPassRoutes(THROUGH, routes);
  return Object.fromEntries(virtualHosts.map((each) => [each.name, [...new Set(each.routes.map(({ name }) => name))]]));
}

test("a host has the routes that are for it, then those of its ends, then those for every host", () => {
  const routes = [
    route("any"),
    route("end", { host: SUFFIX, prefix: "/b" }),
    route("own", { host: EXACT, prefix: "/a" }),
  ];
  expect(routesOf(...routes)).toEqual({
    self_redirect: ["any"],
    "self_redirect_*.example.com": ["end", "any"],
    "self_redirect_a.example.com": ["own", "end", "any"],
  });
});

test("a host has no routes behind one that takes every request", () => {
  const routes = [
    route("any", { prefix: "/x" }),
    route("end", { host: SUFFIX }),
    route("get", { host: EXACT, method: "GET" }),
    route("own", { host: EXACT }),
  ];
  expect(routesOf(...routes)).toEqual({
    self_redirect: ["any"],
    "self_redirect_*.example.com": ["end"],
    "self_redirect_a.example.com": ["get", "own"],
  });
});
