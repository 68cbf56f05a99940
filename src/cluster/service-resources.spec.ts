import { describe, expect, test } from "vitest";
import type { JsonObject } from "../model/json.ts";
import { serviceSummary, sliceSummary } from "./service-resources.ts";

describe("a Service", () => {
  test.each<[string, JsonObject, unknown]>([
    ["of both families", { clusterIPs: ["fd00::a", "10.96.0.7"] }, ["10.96.0.7", "fd00::a"]],
    ["of one family, as old API servers write it", { clusterIP: "10.96.0.7" }, ["10.96.0.7"]],
    ["whose IPv6 address is written at length", { clusterIPs: ["FD00:0:0::00a"] }, ["fd00::a"]],
    ["before it has an address", { clusterIP: "" }, []],
    ["that is an alias", { type: "ExternalName", externalName: "db.example" }, []],
    ["that became an alias and kept an address", { type: "ExternalName", clusterIP: "10.96.0.7" }, []],
    ["without a spec", {}, []],
  ])("%s has these addresses", (_, spec, addresses) => {
    expect(serviceSummary({ spec })).toEqual({ kind: "ownAddresses", addresses });
  });

  test.each<JsonObject>([{ clusterIP: "None" }, { clusterIP: "None", clusterIPs: ["None"] }])(
    "%j is headless",
    (spec) => {
      expect(serviceSummary({ spec })).toEqual({ kind: "headless" });
    },
  );
});

describe("an EndpointSlice", () => {
  const metadata = { labels: { "kubernetes.io/service-name": "db" } };

  test("has the addresses of all its endpoints, ready or not, each once", () => {
    const endpoints = [
      { addresses: ["10.1.0.9"], conditions: { ready: false } },
      { addresses: ["10.1.0.8", "10.1.0.9"], conditions: { ready: true } },
    ];
    const expected = { service: "db", addresses: ["10.1.0.8", "10.1.0.9"] };
    expect(sliceSummary({ metadata, addressType: "IPv4", endpoints })).toEqual(expected);
  });

  test("of host names has none", () => {
    const endpoints = [{ addresses: ["db.example"] }];
    expect(sliceSummary({ metadata, addressType: "FQDN", endpoints })).toEqual({ service: "db", addresses: [] });
  });

  test.each<JsonObject>([{}, { metadata: {}, endpoints: null }, { metadata: { labels: { a: "b" } }, endpoints: [{}] }])(
    "%j is of no Service and has no address",
    (slice) => expect(sliceSummary(slice)).toEqual({ service: "", addresses: [] }),
  );
});
