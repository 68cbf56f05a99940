import { describe, expect, test } from "vitest";
import type { JsonObject } from "../model/json.ts";
import { serviceSummary, sliceSummary } from "./service-resources.ts";

describe("a Service", () => {
  test.each<[string, JsonObject, unknown]>([
    ["of both families", { clusterIPs: ["fd00::a", "10.96.0.7"] }, ["10.96.0.7", "fd00::a"]],
    ["of one family, as old API servers write it", { clusterIP: "10.96.0.7" }, ["10.96.0.7"]],
    ["whose IPv6 address is written at length", { clusterIPs: ["FD00:0:0::00a"] }, ["fd00::a"]],
    ["before it has an address", { clusterIP: "" }, []],
    ["without a spec", {}, []],
  ])("%s has these addresses", (_, spec, addresses) => {
    expect(serviceSummary({ spec })).toEqual({ kind: "ownAddresses", addresses, ports: [] });
  });

  test.each<JsonObject>([{ clusterIP: "None" }, { clusterIP: "None", clusterIPs: ["None"] }])(
    "%j is headless",
    (spec) => {
      expect(serviceSummary({ spec })).toEqual({ kind: "headless", ports: [] });
    },
  );

  test.each<JsonObject>([
    { type: "ExternalName", externalName: "db.example" },
    { type: "ExternalName", clusterIP: "10.96.0.7" },
  ])("%j is an alias, also where it kept an address", (spec) => {
    expect(serviceSummary({ spec })).toEqual({ kind: "alias" });
  });

  test("has its TCP ports by name", () => {
    const ports = [
      { name: "dns", port: 53, protocol: "UDP" },
      { name: "dns-tcp", port: 53, protocol: "TCP", targetPort: "dns" },
      { port: 80 },
      { name: "none" },
    ];
    const expected = [
      { name: "dns-tcp", port: 53 },
      { name: "", port: 80 },
    ];
    expect(serviceSummary({ spec: { ports } })).toMatchObject({ ports: expected });
  });
});

describe("an EndpointSlice", () => {
  const metadata = { labels: { "kubernetes.io/service-name": "db" } };

  test("has its endpoints with their own names and zones, and addresses each once in the shortest form", () => {
    const endpoints = [
      { addresses: ["FD00:0::7"], hostname: "db-0", zone: "a" },
      { addresses: ["fd00::9", "fd00::8", "fd00:0::9"], hostname: "", zone: "" },
    ];
    expect(sliceSummary({ metadata, addressType: "IPv6", endpoints, ports: [{ name: "sql", port: 5432 }] })).toEqual({
      service: "db",
      family: "IPv6",
      ports: [{ name: "sql", port: 5432 }],
      endpoints: [
        { addresses: ["fd00::7"], host: "db-0", health: "healthy", zone: "a" },
        { addresses: ["fd00::9", "fd00::8"], host: undefined, health: "healthy", zone: undefined },
      ],
    });
  });

  test.each<[JsonObject | null, string]>([
    [null, "healthy"],
    [{}, "healthy"],
    [{ ready: null, serving: null, terminating: null }, "healthy"],
    [{ ready: true }, "healthy"],
    [{ ready: true, serving: true, terminating: false }, "healthy"],
    [{ ready: false }, "unready"],
    [{ ready: false, serving: true, terminating: false }, "unready"],
    [{ ready: false, serving: true, terminating: true }, "leaving"],
    [{ ready: false, serving: false, terminating: true }, "unready"],
    // publishNotReadyAddresses
    [{ ready: true, serving: true, terminating: true }, "leaving"],
    [{ ready: true, serving: false, terminating: true }, "unready"],
    [{ ready: true, serving: false, terminating: false }, "healthy"],
    [{ ready: true, terminating: true }, "leaving"],
    [{ ready: false, terminating: true }, "unready"],
  ])("%j makes an endpoint %s", (conditions, health) => {
    const endpoints = [{ addresses: ["10.1.0.7"], conditions }];
    expect(sliceSummary({ metadata, endpoints }).endpoints).toMatchObject([{ health }]);
  });

  test("of host names is of no Service", () => {
    const endpoints = [{ addresses: ["db.example"] }];
    expect(sliceSummary({ metadata, addressType: "FQDN", endpoints })).toMatchObject({ service: "", endpoints: [] });
  });

  test.each<JsonObject>([{}, { metadata: {}, endpoints: null, ports: null }, { metadata: { labels: { a: "b" } } }])(
    "%j is of no Service and has nothing",
    (slice) => expect(sliceSummary(slice)).toEqual({ service: "", family: "IPv4", ports: [], endpoints: [] }),
  );
});
