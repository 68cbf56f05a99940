import { describe, expect, test } from "vitest";
import type { RankedRoute } from "./route-order.ts";
import { type PlacedRoute, shadowedRoutes } from "./shadowed-routes.ts";

type Http = Extract<RankedRoute, { readonly protocol: "http" | "http2" }>;

function http(
  name: string,
  match: Http["match"],
  more: Partial<PlacedRoute> & { readonly priority?: number } = {},
): PlacedRoute {
  const { priority, ...placed } = more;
  return { route: { protocol: "http", name, priority, match }, on: [80], ...placed };
}

const header = { name: "x-user", match: { exact: "bob" } };
const grpc = (name: string, match: object, priority?: number): PlacedRoute => ({
  route: { protocol: "grpc", name, priority, match } as RankedRoute,
  on: [80],
});
const tcp = (name: string, on = [80]): PlacedRoute => ({ route: { protocol: "tcp", name, priority: undefined }, on });

const found = (...routes: readonly PlacedRoute[]): readonly string[] =>
  shadowedRoutes(routes).map(({ shadowed, by }) => `${shadowed.route.name} by ${by.route.name}`);

describe("a route that never gets a request", () => {
  test.each<[string, readonly PlacedRoute[], readonly string[]]>([
    [
      "a longer prefix behind a priority",
      [http("cart", { prefix: "/cart" }), http("all", { prefix: "/" }, { priority: 1 })],
      ["cart by all"],
    ],
    ["the same prefix with a later name", [http("b", { prefix: "/" }), http("a", { prefix: "/" })], ["b by a"]],
    [
      "an exact path behind a priority",
      [http("one", { path: { exact: "/a/b" } }), http("a", { prefix: "/a" }, { priority: 0 })],
      ["one by a"],
    ],
    [
      "an expression behind everything",
      [http("one", { path: { regex: "/a.*" } }), http("all", { prefix: "/" }, { priority: 0 })],
      ["one by all"],
    ],
    [
      "more conditions behind fewer",
      [
        http("bob", { prefix: "/", headers: [header] }),
        http("all", { prefix: "/", method: undefined }, { priority: 0 }),
      ],
      ["bob by all"],
    ],
    [
      "a call of gRPC behind every request",
      [grpc("call", { serviceName: "shop.Cart" }), http("all", { prefix: "/" }, { priority: 0 })],
      ["call by all"],
    ],
    [
      "a method behind its service",
      [grpc("one", { serviceName: "s", methodName: "m" }), grpc("all", { serviceName: "s" }, 0)],
      ["one by all"],
    ],
    ["a second connection", [tcp("a"), tcp("b")], ["b by a"]],
  ])("is found: %s", (_, routes, expected) => {
    expect(found(...routes)).toEqual(expected);
  });

  test.each<[string, readonly PlacedRoute[]]>([
    ["the longer prefix comes first", [http("cart", { prefix: "/cart" }), http("all", { prefix: "/" })]],
    ["another prefix", [http("cart", { prefix: "/cart" }), http("shop", { prefix: "/shop" }, { priority: 0 })]],
    [
      "an expression below a prefix, which nobody compares",
      [http("one", { path: { regex: "/a.*" } }), http("a", { prefix: "/a" }, { priority: 0 })],
    ],
    [
      "a header that the other one does not ask for",
      [http("all", { prefix: "/" }), http("bob", { prefix: "/", headers: [header] }, { priority: 0 })],
    ],
    [
      "another value of the header",
      [
        http("eve", { prefix: "/", headers: [{ name: "x-user", match: { exact: "eve" } }] }),
        http("bob", { prefix: "/", headers: [header] }, { priority: 0 }),
      ],
    ],
    [
      "another method",
      [http("get", { prefix: "/", method: "GET" }), http("post", { prefix: "/", method: "POST" }, { priority: 0 })],
    ],
    [
      "a query parameter of a header's name",
      [
        http("query", { prefix: "/", queryParameters: [header] }),
        http("header", { prefix: "/", headers: [header] }, { priority: 0 }),
      ],
    ],
    [
      "another port",
      [http("cart", { prefix: "/cart" }, { on: [80, 81] }), http("all", { prefix: "/" }, { priority: 0 })],
    ],
    [
      "a host of its own",
      [
        http("cart", { prefix: "/" }, { host: { kind: "exact", name: "a.com" } }),
        http("all", { prefix: "/" }, { priority: 0, host: { kind: "any" } }),
      ],
    ],
    ["every request behind calls of gRPC", [http("all", { prefix: "/" }), grpc("calls", {}, 0)]],
    ["connections of another port", [tcp("a"), tcp("b", [81])]],
    ["more routes than are compared", Array.from({ length: 301 }, (_, index) => http(`r${index}`, { prefix: "/" }))],
  ])("is none: %s", (_, routes) => {
    expect(found(...routes)).toEqual([]);
  });
});
