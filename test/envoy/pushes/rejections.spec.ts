import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { EncodedResource } from "../../../src/xds/serve/resource.ts";
import { snapshotOf } from "../../../src/xds/serve/snapshot.ts";
import { freePorts } from "../../../testbed/process/free-port.ts";
import {
  edsCluster,
  endpoints,
  endpointsOf,
  httpListener,
  routeOf,
  routeTo,
  secret,
  tlsBy,
} from "../../xds-content.ts";
import { type TestXds, testXds } from "../../xds-harness.ts";
import { eventually } from "../envoy-process.ts";
import { type AdsEnvoy, adsEnvoy } from "./ads-envoy.ts";

/* What a real Envoy rejects: only that is frozen, everything else of the same change is in use. */

const BAD_PEM = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----";

describe.each(["delta", "sotw"] as const)("%s", (protocol) => {
  let xds: TestXds;
  let envoy: AdsEnvoy;
  let base: EncodedResource[];
  let ports: readonly number[];

  beforeEach(async () => {
    ports = await freePorts(2);
    xds = await testXds({ limits: { sweep: 20 } });
    const [first = 0, second = 0] = ports;
    base = [
      ...["c1", "c2"].flatMap((name) => [edsCluster(name), endpoints(name, 1)]),
      ...["s1", "s2"].flatMap((name) => [edsCluster(name, 1, tlsBy(`of-${name}`)), endpoints(name, 1)]),
      secret("of-s1", xds.authority.pem),
      secret("of-s2", xds.authority.pem),
      httpListener("in1", first, "r1"),
      httpListener("in2", second, "r2"),
      routeTo("r1", "c1"),
      routeTo("r2", "c1"),
    ];
    await serve();
    envoy = await adsEnvoy({ protocol, port: xds.server.address.port, trust: xds.authority.pem, token: "web" });
    await eventually(
      () => envoy.stats("^listener_manager.total_listeners_active$"),
      (stats) => stats["listener_manager.total_listeners_active"] === 2,
    );
    await settled();
  });
  afterEach(async () => {
    await envoy.stop();
    await xds.stop();
  });

  /** Serves what there was at first, with these in the place of those of the same name. */
  function serve(...changed: readonly EncodedResource[]): Promise<void> {
    const others = base.filter((one) => !changed.some(({ name, type }) => name === one.name && type === one.type));
    return xds.serve(snapshotOf([...others, ...changed]));
  }

  /** Until the server waits for nothing. */
  function settled(): Promise<unknown> {
    const waiting = async (): Promise<unknown[]> =>
      Object.values(([...xds.server.shown()][0]?.["types"] ?? {}) as Record<string, { waiting: boolean }>).filter(
        (type) => type.waiting,
      );
    return eventually(waiting, (types) => types.length === 0);
  }

  /** The resources that are frozen now. */
  function frozen(): string[] {
    const types = ([...xds.server.shown()][0]?.["types"] ?? {}) as Record<string, { frozen: { name: string }[] }>;
    return Object.values(types).flatMap((type) => type.frozen.map(({ name }) => name));
  }

  function isFrozen(...names: readonly string[]): Promise<unknown> {
    return eventually(
      async () => frozen(),
      (found) => found.join() === names.join(),
    );
  }

  async function dump(resource: string): Promise<string> {
    return envoy.admin(`/config_dump?resource=${resource}`);
  }

  test("clusters, by the names that Envoy says", async () => {
    const bad = { lb_policy: "CLUSTER_PROVIDED" };
    await serve(
      edsCluster("c1", 7),
      edsCluster("c2", 2, bad),
      edsCluster("c3", 3),
      endpoints("c3", 1),
      edsCluster("c4", 4, bad),
    );
    await isFrozen("c2", "c4");
    await settled();
    expect(await envoy.activeClusters()).toEqual({ c1: "7s", c2: "1s", c3: "3s", s1: "1s", s2: "1s" });
    expect(xds.rejections.map(({ problem, resource, type }) => [type, resource.name, problem])).toEqual([
      ["cluster", "c2", expect.stringContaining("cluster provided LB specified")],
      ["cluster", "c4", expect.stringContaining("cluster provided LB specified")],
    ]);
    // what is changed for the better is tried again, and what is not wanted any more is forgotten
    await serve(edsCluster("c2", 9));
    await isFrozen();
    await settled();
    expect((await envoy.activeClusters())["c2"]).toBe("9s");
    expect(xds.rejections.slice(2).map(({ problem, resource }) => [resource.name, problem])).toEqual(
      expect.arrayContaining([
        ["c2", undefined],
        ["c4", undefined],
      ]),
    );
  });

  test("a cluster that breaks a rule of its fields: nothing of the response was applied, so the rest comes once more", async () => {
    await serve(edsCluster("c1", 9), edsCluster("c2", 2, { connect_timeout: "0s" }));
    await isFrozen("c2");
    await settled();
    expect(await envoy.activeClusters()).toMatchObject({ c1: "9s", c2: "1s" });
  });

  test("a cluster of which Envoy has nothing; routes that lead there come, and so does what is in one resource with them", async () => {
    const lead = (cluster: string) => ({ match: { prefix: `/${cluster}` }, route: { cluster } });
    const both = { name: "all", domains: ["*"], routes: ["c2", "new"].map(lead) };
    await serve(edsCluster("new", 2, { lb_policy: "CLUSTER_PROVIDED" }), endpoints("new", 1), routeOf("r1", both));
    await isFrozen("new");
    await settled();
    const routes = await dump("dynamic_route_configs");
    expect([routes.includes('"c2"'), routes.includes('"new"')]).toEqual([true, true]);
    expect(await envoy.activeClusters()).not.toHaveProperty("new");
  });

  test("listeners, and the good ones stay", async () => {
    const [first = 0, second = 0] = ports;
    await serve(
      httpListener("in1", first, "r1", { per_connection_buffer_limit_bytes: 5555 }),
      httpListener("in2", second, "r2", { filter_chains: [] }),
      httpListener("in3", second, "r1"),
    );
    await isFrozen("in2", "in3");
    await settled();
    // also after what was fine was accepted: `outrigger status` reads it
    expect([...xds.server.shown()][0]).toMatchObject({
      types: { listener: { rejected: expect.stringMatching(/./), problem: expect.stringContaining("in2") } },
    });
    const listeners = await dump("dynamic_listeners");
    expect(listeners).toContain("5555");
    expect(listeners).toContain('"in2"');
  });

  test("routes without a name in Envoy's words: one at a time", async () => {
    const regex = { match: { safe_regex: { regex: "(" } }, route: { cluster: "c1" } };
    await serve(routeTo("r1", "c2"), routeOf("r2", { name: "all", domains: ["*"], routes: [regex] }));
    await isFrozen("r2");
    await settled();
    const routes = await dump("dynamic_route_configs");
    expect([routes.includes('"c2"'), routes.includes('"r2"'), routes.includes("safe_regex")]).toEqual([
      true,
      true,
      false,
    ]);
    expect(xds.rejections.map(({ problem }) => problem)).toEqual(["missing ): ("]);
  });

  test("endpoints, and secrets", async () => {
    const address = { socket_address: { address: "not-an-address", port_value: 1 } };
    const bad = endpointsOf({ cluster_name: "c1", endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] });
    await serve(
      bad,
      endpoints("c2", 4242),
      secret("of-s1", BAD_PEM),
      secret("of-s2", `${xds.authority.pem}\n${xds.authority.pem}`),
    );
    await eventually(
      async () => frozen().sort(),
      (found) => found.join() === "c1,of-s1",
    );
    await settled();
    const clusters = await envoy.admin("/clusters");
    expect([clusters.includes("c2::127.0.0.1:4242"), clusters.includes("c1::127.0.0.1:1:")]).toEqual([true, true]);
  });
});
