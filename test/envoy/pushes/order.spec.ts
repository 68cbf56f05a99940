import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { EncodedResource } from "../../../src/xds/serve/resource.ts";
import { snapshotOf } from "../../../src/xds/serve/snapshot.ts";
import { freePort } from "../../../testbed/process/free-port.ts";
import { dnsCluster, edsCluster, endpoints, httpListener, routeTo } from "../../xds-content.ts";
import { type TestXds, testXds } from "../../xds-harness.ts";
import { type HttpApp, httpApp } from "../apps.ts";
import { ask } from "../ask.ts";
import { eventually } from "../envoy-process.ts";
import { type AdsEnvoy, adsEnvoy } from "./ads-envoy.ts";
import { failures, type Load, load } from "./load.ts";

/*
 * Changes under traffic, with a real Envoy. Failed requests are counted. What is out of order takes effect when Envoy has waited
 * for endpoints in vain, after 15 s; the time that is given here is less.
 */

const SOON = 12;

let app: HttpApp;
/** Takes questions about names, and answers none. */
let silent: Socket;
beforeAll(async () => {
  app = await httpApp("127.0.0.1", (_request, response) => void response.end("well"));
  silent = createSocket("udp4");
  silent.bind(0, "127.0.0.1");
  await once(silent, "listening");
});
afterAll(async () => {
  silent.close();
  await app.close();
});

describe.each(["delta", "sotw"] as const)("%s", (protocol) => {
  let xds: TestXds;
  let envoy: AdsEnvoy;
  let port: number;
  let traffic: Load | undefined;

  beforeEach(async () => {
    port = await freePort();
    xds = await testXds({ limits: { sweep: 20 } });
  });
  afterEach(async () => {
    await traffic?.stop();
    traffic = undefined;
    await envoy.stop();
    await xds.stop();
  });

  /** Clusters with the seconds of their connect timeouts, all of them with the app as endpoint, and the one that is routed to. */
  function mesh(clusters: Readonly<Record<string, number>>, target: string, ...others: readonly EncodedResource[]) {
    return snapshotOf([
      ...Object.entries(clusters).flatMap(([name, seconds]) => [edsCluster(name, seconds), endpoints(name, app.port)]),
      httpListener("in", port, "all"),
      routeTo("all", target),
      ...others,
    ]);
  }

  async function start(): Promise<void> {
    envoy = await adsEnvoy({ protocol, port: xds.server.address.port, trust: xds.authority.pem, token: "web" });
    await eventually(
      () => ask({ host: "127.0.0.1", port, path: "/" }),
      ({ status }) => status === 200,
    );
    traffic = load({ port });
    await traffic.more(20);
  }

  function active(name: string, seconds: number, within = SOON): Promise<unknown> {
    return eventually(
      () => envoy.activeClusters(),
      (clusters) => clusters[name] === `${seconds}s`,
      within,
    );
  }

  async function failed(): Promise<unknown> {
    // a stream that ended would begin again with another order
    expect(xds.endings.filter(({ why }) => why.code !== "aged")).toEqual([]);
    return failures((await traffic?.stop()) ?? {});
  }

  test("a cluster that changes is effective at once, also when its endpoints are the same", async () => {
    await xds.serve(mesh({ one: 1 }, "one"));
    await start();
    for (let seconds = 2; seconds < 6; seconds++) {
      await xds.serve(mesh({ one: seconds }, "one"));
      await active("one", seconds);
    }
    expect(await failed()).toEqual({});
  });

  test("and across a reconnect", async () => {
    await xds.serve(mesh({ one: 1 }, "one"));
    await start();
    await xds.restart(async () => xds.serve(mesh({ one: 2 }, "one")));
    // Envoy comes back after half a second to a second
    await active("one", 2, SOON + 2);
    expect(await failed()).toEqual({});
  });

  test("a route that moves to a new cluster right after another one changed fails no request", async () => {
    await xds.serve(mesh({ one: 1 }, "one"));
    await start();
    await xds.serve(mesh({ one: 2 }, "one"));
    await xds.serve(mesh({ one: 2, two: 1 }, "two"));
    await active("two", 1);
    await traffic?.more(200);
    await sleep(1000);
    expect(await failed()).toEqual({});
  });

  test("a route that moves to a cluster of the same change fails no request, ten times", async () => {
    const clusters: Record<string, number> = { n0: 1 };
    await xds.serve(mesh(clusters, "n0"));
    await start();
    for (let round = 1; round <= 10; round++) {
      clusters[`n${round}`] = 1;
      await xds.serve(mesh(clusters, `n${round}`));
      await hasRequests(`n${round}`);
    }
    expect(await failed()).toEqual({});
  });

  test("nor does one whose old cluster goes with it, ten times", async () => {
    await xds.serve(mesh({ n0: 1 }, "n0"));
    await start();
    for (let round = 1; round <= 10; round++) {
      await xds.serve(mesh({ [`n${round}`]: 1 }, `n${round}`));
      await hasRequests(`n${round}`);
    }
    await eventually(
      () => envoy.activeClusters(),
      (clusters) => Object.keys(clusters).join() === "n10",
      25,
    );
    expect(await failed()).toEqual({});
  });

  test("a name that DNS does not answer holds up no other cluster", async () => {
    await xds.serve(mesh({ one: 1 }, "one"));
    await start();
    const dead = dnsCluster("dead", "nobody.example", silent.address().port);
    await xds.serve(mesh({ one: 1 }, "one", dead));
    for (let round = 2; round < 5; round++) {
      await xds.serve(mesh({ one: round, [`more${round}`]: 1 }, `more${round}`, dead));
      await active("one", round);
      await hasRequests(`more${round}`);
      expect(await envoy.activeClusters()).not.toHaveProperty("dead");
    }
    expect([...xds.server.shown()][0]).toMatchObject({ types: { cluster: { waiting: true } } });
    expect(await failed()).toEqual({});
  });

  /** Until the route is at this cluster. */
  async function hasRequests(cluster: string): Promise<void> {
    const name = `cluster.${cluster}.upstream_rq_total`;
    await eventually(
      () => envoy.stats(`^cluster\\.${cluster}\\.upstream_rq_total$`),
      (stats) => (stats[name] ?? 0) > 20,
      SOON,
    );
  }
});
