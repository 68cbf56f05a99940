import { describe, expect, test } from "vitest";
import type { Protocol } from "../model/field-types.ts";
import type { HealthCheck } from "../model/listener-health.ts";
import type { VirtualNodeListener } from "../model/virtual-node.ts";
import { sayForeignFields, usableHealthCheck } from "./listener-fields.ts";

const ONE = { unit: "s", value: 1 } as const;

function listener(protocol: Protocol, more: Partial<VirtualNodeListener> = {}): VirtualNodeListener {
  return { portMapping: { port: 8080, protocol }, ...more };
}

/** What is said, as `code at path: help`. */
function said(look: (say: (...what: readonly [string, string, string, string]) => void) => void): readonly string[] {
  const found: string[] = [];
  look((code, path, _, help) => found.push(`${code} at ${path}: ${help}`));
  return found;
}

describe("the health check of a listener", () => {
  const check = (given: Partial<HealthCheck>): HealthCheck => ({
    protocol: "http",
    intervalMillis: 5000,
    timeoutMillis: 2000,
    healthyThreshold: 2,
    unhealthyThreshold: 2,
    ...given,
  });

  test.each<[string, Protocol, Partial<HealthCheck>]>([
    ["by HTTP without a path", "http", {}],
    ["with an empty path", "http", { path: "" }],
    ["by HTTP of a listener of gRPC, at a port of its own", "grpc", { port: 9000, path: "/healthz" }],
    ["by HTTP of a listener of TCP", "tcp", {}],
    ["by HTTP/2 of a listener of HTTP, which its sidecar translates", "http", { protocol: "http2" }],
    ["by gRPC of a listener of HTTP/2, whatever its path", "http2", { protocol: "grpc", path: "healthz" }],
    ["by TCP of any, whatever its path", "grpc", { protocol: "tcp", path: "healthz" }],
  ])("%s is used as it is", (_, protocol, given) => {
    const healthCheck = check(given);
    const spoken: string[] = [];
    expect(usableHealthCheck(listener(protocol, { healthCheck }), "l", (code) => spoken.push(code))).toBe(healthCheck);
    expect(spoken).toEqual([]);
  });

  test.each<[string, Protocol, Partial<HealthCheck>, string]>([
    ["by gRPC of HTTP/1.1", "http", { protocol: "grpc" }, "l.healthCheck.protocol: check by http or tcp, or give"],
    ["by gRPC of TCP, at any port", "tcp", { protocol: "grpc", port: 9000 }, "l.healthCheck.protocol: check by http"],
    ["of a path without a slash", "http", { path: "healthz" }, "l.healthCheck.path: write /healthz"],
    ["of a path that ends the line", "http2", { protocol: "http2", path: "/a\nb" }, "l.healthCheck.path: correct"],
    ["of the admin interface", "http", { port: 9901 }, "l.healthCheck.port: check a port of the app"],
    ["of a port of the sidecar, by TCP", "tcp", { protocol: "tcp", port: 15001 }, "l.healthCheck.port: check a port"],
  ])("%s is left out, and said", (_, protocol, given, what) => {
    const [only, ...others] = said((say) => {
      expect(usableHealthCheck(listener(protocol, { healthCheck: check(given) }), "l", say)).toBeUndefined();
    });
    expect(only).toContain(`bad-health-check at ${what}`);
    expect(others).toEqual([]);
  });

  test("may be none", () => {
    expect(usableHealthCheck(listener("http"), "l", () => expect.fail("nothing to say"))).toBeUndefined();
  });
});

describe("pools and time-outs", () => {
  test("of the listener's own protocol are nothing to speak of", () => {
    const given = { connectionPool: { grpc: { maxRequests: 1 } }, timeout: { grpc: { perRequest: ONE } } };
    expect(said((say) => sayForeignFields(listener("grpc", given), "l", say))).toEqual([]);
    expect(said((say) => sayForeignFields(listener("tcp"), "l", say))).toEqual([]);
  });

  test("of another have no effect", () => {
    const given = { connectionPool: { http: { maxConnections: 1 } }, timeout: { http2: { idle: ONE } } };
    expect(said((say) => sayForeignFields(listener("grpc", given), "l", say))).toEqual([
      "protocol-mismatch at l.connectionPool.http: write it as connectionPool.grpc",
      "protocol-mismatch at l.timeout.http2: write it as timeout.grpc",
    ]);
  });
});
