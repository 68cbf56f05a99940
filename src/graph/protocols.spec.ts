import { describe, expect, test } from "vitest";
import type { Protocol } from "../model/field-types.ts";
import { PROTOCOLS } from "../model/field-types.ts";
import { carrying, notCarried, notUnderstood } from "./protocols.ts";

const listeners = (...protocols: readonly Protocol[]) => protocols.map((protocol, port) => ({ protocol, port }));

describe("the listeners of a router that a route is on", () => {
  test.each<[route: Protocol, of: readonly Protocol[], ports: readonly number[]]>([
    ["http", ["http", "http2", "grpc"], [0]],
    ["http", ["http", "http"], [0, 1]],
    ["http", ["http2", "grpc", "tcp"], [0, 1]],
    ["http2", ["http", "tcp"], [0]],
    ["grpc", ["tcp", "http"], [1]],
    ["tcp", ["http", "tcp"], [1]],
    ["tcp", ["http", "http2", "grpc"], []],
    ["http", ["tcp"], []],
    ["grpc", [], []],
  ])("of %s, among %j: %j", (route, of, ports) => {
    expect(carrying(route, listeners(...of)).map(({ port }) => port)).toEqual(ports);
  });
});

describe("a route and the listener that it sends to", () => {
  test("only what cannot work is a mismatch", () => {
    const cannot = PROTOCOLS.flatMap((route) =>
      PROTOCOLS.filter((target) => notUnderstood(route, target, "it") !== undefined).map(
        (target) => `${route} to ${target}`,
      ),
    );
    expect(cannot.toSorted()).toEqual(["grpc to http", "grpc to tcp", "http to tcp", "http2 to tcp"]);
  });

  test("says what was found and what helps", () => {
    expect(notUnderstood("grpc", "http", "port 80 of web_shop")).toEqual({
      message: "it is a route of grpc, but port 80 of web_shop speaks http",
      help: "calls of gRPC need HTTP/2: give the node's listener the protocol grpc",
    });
    expect(notUnderstood("http2", "tcp", "port 80 of web_shop")?.help).toBe(
      "give the node's listener the protocol http2, or write a tcpRoute",
    );
  });
});

test("a route that no listener of its router can carry: what was found and what helps", () => {
  expect(notCarried("tcp", ["http", "http", "grpc"])).toEqual({
    message: "it is a route of tcp, but the router's listener speaks http, grpc",
    help: "write it as a route of that protocol, or give the listener the protocol tcp",
  });
  expect(notCarried("grpc", ["tcp"])).toEqual({
    message: "it is a route of grpc, but the router's listener speaks tcp",
    help: "give the listener the protocol grpc, or write a tcpRoute",
  });
});
