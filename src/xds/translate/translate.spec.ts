import { fromJson, type JsonValue, toBinary, toJson } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { ENVOY_MESSAGES } from "../../../test/envoy-messages.ts";
import { passThroughClusters, passThroughListeners } from "../../bootstrap/pass-through.ts";
import type { JsonObject } from "../../model/json.ts";
import { PLAIN_TRAITS, type ProxyTraits } from "../../model/proxy-traits.ts";
import { encodeResource } from "../encode/encode-resource.ts";
import { ClusterSchema } from "../generated/envoy/config/cluster/v3/cluster_pb.js";
import { ListenerSchema } from "../generated/envoy/config/listener/v3/listener_pb.js";
import { snapshotOf } from "../serve/snapshot.ts";
import { TYPES } from "../types.ts";
import { translate } from "./translate.ts";
import type { ProxyView } from "./view.ts";

const TRAITS: ProxyTraits = { ...PLAIN_TRAITS, ipv6: true, directions: "separate" };
const VIEW: ProxyView = { traits: TRAITS, accessLog: "" };

/** The resource as JSON with Envoy's own names of fields. */
function shown(name: string, view = VIEW): JsonObject {
  const found = translate(view).find((resource) => resource.name === name);
  const message = found?.type === TYPES.listener && toJson(ListenerSchema, found.message, OPTIONS);
  return (message || {}) as JsonObject;
}
const OPTIONS = { registry: ENVOY_MESSAGES, useProtoFieldName: true };

describe("plain pass-through", () => {
  test.each([
    ["lds_ingress_0.0.0.0_15000", "INBOUND", 15000],
    ["lds_egress_0.0.0.0_15001", "OUTBOUND", 15001],
  ])(
    "%s listens on both families, restores the destination, and stops what was made straight to it",
    (name, direction, port) => {
      expect(shown(name)).toMatchObject({
        name,
        traffic_direction: direction,
        address: { socket_address: { address: "::", port_value: port, ipv4_compat: true } },
        listener_filters: [{ name: "envoy.filters.listener.original_dst" }],
        filter_chains: [{ filter_chain_match: { destination_port: port } }, { name: "captured" }],
      });
    },
  );

  test("IPv4 alone where the sidecar asks for it", () => {
    const { address } = shown("lds_egress_0.0.0.0_15001", { ...VIEW, traits: { ...TRAITS, ipv6: false } });
    expect(address).toEqual({ socket_address: { address: "0.0.0.0", port_value: 15001 } });
  });

  test.each([true, false])(
    "is what a sidecar without a control plane has in its bootstrap, names aside (IPv6: %s)",
    (ipv6) => {
      const ours = translate({ ...VIEW, traits: { ...TRAITS, ipv6 } }).map((resource) =>
        Buffer.from(bytesOf(resource)),
      );
      const clusters = passThroughClusters("separate").map((cluster) =>
        Buffer.from(ofBootstrap(ClusterSchema, cluster)),
      );
      const names = ["lds_ingress_0.0.0.0_15000", "lds_egress_0.0.0.0_15001"];
      const listeners = passThroughListeners(ipv6).map((listener, index) =>
        Buffer.from(ofBootstrap(ListenerSchema, { ...listener, name: names[index] ?? "" })),
      );
      expect(ours).toEqual([...clusters, ...listeners]);
    },
  );

  test("nothing waits for the client to speak: servers that speak first are heard", () => {
    for (const { name } of translate(VIEW))
      expect(JSON.stringify(shown(name))).not.toMatch(/tls_inspector|http_inspector/);
  });

  test("an access log where it is asked for, and only there", () => {
    const listeners = (accessLog: string): string =>
      JSON.stringify(translate(VIEW).map(({ name }) => shown(name, { ...VIEW, accessLog })));
    expect(listeners("/dev/stdout").match(/"path":"\/dev\/stdout"/g)).toHaveLength(4);
    expect(listeners("")).not.toContain("access_log");
  });

  test("becomes bytes, with a place for every type", () => {
    const snapshot = snapshotOf(translate({ ...VIEW, accessLog: "/dev/stdout" }).map(encodeResource));
    expect([...(snapshot.get(TYPES.cluster)?.resources.keys() ?? [])]).toEqual([
      "outrigger_pass_through_inbound",
      "outrigger_pass_through_outbound",
      "outrigger_nowhere",
    ]);
    expect(snapshot.get(TYPES.listener)?.resources.size).toBe(2);
    expect(snapshot.get(TYPES.route)?.resources.size).toBe(0);
  });
});

describe("a proxy of release 0.1.0, whose bootstrap does not speak of directions", () => {
  const shared: ProxyView = { ...VIEW, traits: { ...TRAITS, directions: "shared" } };

  // a version is the hash of the bytes
  test.each([
    [true, "b0Cdz9GmE6Kl1eH1", "27l7gglqZSs0jHgw"],
    [false, "QQEkXLOeIWhcEg2Z", "Kz3wMW6Mp9GMVU9l"],
  ])(
    "keeps its listeners byte for byte (IPv6: %s), for one that changes cuts open connections after 20 s there",
    (ipv6, ingress, egress) => {
      const listeners = snapshotOf(
        translate({ ...shared, traits: { ...shared.traits, ipv6 } }).map(encodeResource),
      ).get(TYPES.listener)?.resources;
      expect(listeners?.get("lds_ingress_0.0.0.0_15000")?.version).toBe(ingress);
      expect(listeners?.get("lds_egress_0.0.0.0_15001")?.version).toBe(egress);
    },
  );

  test("keeps its cluster, without the limits", () => {
    const clusters = translate(shared).filter(({ type }) => type === TYPES.cluster);
    expect(clusters.map(({ name }) => name)).toEqual(["outrigger_pass_through", "outrigger_nowhere"]);
    for (const { message } of clusters) {
      expect(message).toMatchObject({ circuitBreakers: { thresholds: [{ maxConnections: 2_147_483_647 }] } });
    }
  });
});

function bytesOf({ type, message }: ReturnType<typeof translate>[number]): Uint8Array {
  if (type === TYPES.cluster) return toBinary(ClusterSchema, message);
  if (type === TYPES.listener) return toBinary(ListenerSchema, message);
  throw new Error(`${type} is no part of pass-through`);
}

function ofBootstrap(schema: typeof ClusterSchema | typeof ListenerSchema, json: JsonObject): Uint8Array {
  return toBinary(schema, fromJson(schema, json as JsonValue, OPTIONS));
}
