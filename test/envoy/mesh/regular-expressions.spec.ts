import { describe, expect, test } from "vitest";
import { limits } from "../../../src/bootstrap/limits.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import { READABLE, UNREADABLE } from "../../regular-expressions.ts";
import { validate } from "../envoy-process.ts";

/* The table by which a route is left out (src/model/regular-expression.spec.ts), asked of Envoy's own RE2. */

function configOf(expressions: readonly string[]): string {
  const routes = expressions.map((regex) => ({
    match: { prefix: "/", headers: [{ name: "a", string_match: { safe_regex: { regex } } }] },
    direct_response: { status: 200 },
  }));
  const manager = {
    "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    stat_prefix: "test",
    route_config: { name: "test", virtual_hosts: [{ name: "test", domains: ["*"], routes }] },
    http_filters: [
      {
        name: "router",
        typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
      },
    ],
  };
  return JSON.stringify({
    // a sidecar's bound on the size of an expression, which is 100 instructions by default
    layered_runtime: limits()["layered_runtime"] as JsonObject,
    static_resources: {
      listeners: [
        {
          name: "test",
          address: { socket_address: { address: "127.0.0.1", port_value: 20_000 } },
          filter_chains: [{ filters: [{ name: "http", typed_config: manager }] }],
        },
      ],
    },
  });
}

test("Envoy takes every expression that is taken for readable", async () => {
  // Envoy's own rule besides RE2's: an expression is not empty
  const { valid, log } = await validate(configOf(READABLE.filter((expression) => expression !== "")));
  expect(log).toBe("");
  expect(valid).toBe(true);
});

describe("Envoy refuses what is taken for unreadable", () => {
  test.each(UNREADABLE)("%s", async (expression) => {
    expect((await validate(configOf([expression]))).valid).toBe(false);
  });
});
