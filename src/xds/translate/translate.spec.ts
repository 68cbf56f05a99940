import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../model/json.ts";
import { snapshotOf } from "../serve/snapshot.ts";
import { TYPES } from "../types.ts";
import { withTracing } from "./tracing.ts";
import { translate } from "./translate.ts";

const VIEW = { ipv6: true, directions: "separate", accessLog: "", tracing: undefined } as const;

function listener(name: string, view = VIEW): JsonObject {
  return translate(view).find((resource) => resource.name === name)?.message ?? {};
}

describe("plain pass-through", () => {
  test.each([
    ["lds_ingress_0.0.0.0_15000", "INBOUND", 15000],
    ["lds_egress_0.0.0.0_15001", "OUTBOUND", 15001],
  ])(
    "%s listens on both families, restores the destination, and stops what was made straight to it",
    (name, direction, port) => {
      expect(listener(name)).toMatchObject({
        name,
        traffic_direction: direction,
        address: { socket_address: { address: "::", port_value: port, ipv4_compat: true } },
        listener_filters: [{ name: "envoy.filters.listener.original_dst" }],
        filter_chains: [{ filter_chain_match: { destination_port: port } }, { name: "captured" }],
      });
    },
  );

  test("IPv4 alone where the sidecar asks for it", () => {
    const { address } = listener("lds_egress_0.0.0.0_15001", { ...VIEW, ipv6: false } as never);
    expect(address).toEqual({ socket_address: { address: "0.0.0.0", port_value: 15001 } });
  });

  test("nothing waits for the client to speak: servers that speak first are heard", () => {
    for (const { message } of translate(VIEW))
      expect(JSON.stringify(message)).not.toMatch(/tls_inspector|http_inspector/);
  });

  test("an access log where it is asked for, and only there", () => {
    const withLog = translate({ ...VIEW, accessLog: "/dev/stdout" });
    expect(JSON.stringify(withLog).match(/\/dev\/stdout/g)).toHaveLength(4);
    expect(JSON.stringify(translate(VIEW))).not.toContain("access_log");
  });

  test("is encoded as Envoy's own messages, with types for CDS and LDS always", () => {
    const snapshot = snapshotOf(translate({ ...VIEW, accessLog: "/dev/stdout" }));
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
  const shared = { ...VIEW, directions: "shared" } as const;

  test.each([
    [true, "4uk-uVr3UccdEYr8", "ITiJS8NG3qGyBH2w"],
    [false, "jy142nHmApWOtvj6", "K_1QIh-JXRVcwUFh"],
  ])(
    "keeps its listeners byte for byte (IPv6: %s), for one that changes cuts open connections after 20 s there",
    (ipv6, ingress, egress) => {
      const listeners = snapshotOf(translate({ ...shared, ipv6 })).get(TYPES.listener)?.resources;
      expect(listeners?.get("lds_ingress_0.0.0.0_15000")?.version).toBe(ingress);
      expect(listeners?.get("lds_egress_0.0.0.0_15001")?.version).toBe(egress);
    },
  );

  test("keeps its cluster, without the limits", () => {
    const clusters = translate(shared).filter(({ type }) => type === TYPES.cluster);
    expect(clusters.map(({ name }) => name)).toEqual(["outrigger_pass_through", "outrigger_nowhere"]);
    for (const { message } of clusters) expect(JSON.stringify(message)).toContain('"max_connections":2147483647');
  });
});

describe("resources", () => {
  test("of equal content are one object, however often they are made; of other content they are not", () => {
    const bytes = (view = VIEW) =>
      snapshotOf(translate(view)).get(TYPES.listener)?.resources.get("lds_egress_0.0.0.0_15001");
    expect(bytes()).toBe(bytes());
    expect(bytes({ ...VIEW, ipv6: false } as never)?.version).not.toBe(bytes()?.version);
  });

  test("with a field that Envoy does not have are refused, naming it", () => {
    const message = { name: "one", nonsense: 1 };
    expect(() => snapshotOf([{ type: TYPES.cluster, name: "one", message }])).toThrow("nonsense");
  });
});

describe("tracing", () => {
  const type = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
  const tracing = { random_sampling: { value: 5 } };

  test("goes into every connection manager, however deep, and nowhere else", () => {
    const manager = { typed_config: { "@type": type, stat_prefix: "ingress" } };
    const message = { filter_chains: [{ filters: [manager, { typed_config: { "@type": "other" } }] }] };
    expect(withTracing(message, tracing)).toEqual({
      filter_chains: [
        { filters: [{ typed_config: { ...manager.typed_config, tracing } }, { typed_config: { "@type": "other" } }] },
      ],
    });
  });

  test("changes nothing where there is none, or no connection manager", () => {
    const message = { filter_chains: [] };
    expect(withTracing(message, undefined)).toBe(message);
    expect(translate({ ...VIEW, tracing })).toEqual(translate(VIEW));
  });
});
