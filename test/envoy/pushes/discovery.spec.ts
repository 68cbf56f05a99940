import { networkInterfaces } from "node:os";
import { clone } from "@bufbuild/protobuf";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Member } from "../../../src/graph/registry.ts";
import { PLAIN_TRAITS } from "../../../src/model/proxy-traits.ts";
import { encodeResource } from "../../../src/xds/encode/encode-resource.ts";
import { resourceOf } from "../../../src/xds/encode/resource.ts";
import { ListenerSchema } from "../../../src/xds/generated/envoy/config/listener/v3/listener_pb.js";
import type { EncodedResource } from "../../../src/xds/serve/resource.ts";
import { snapshotOf } from "../../../src/xds/serve/snapshot.ts";
import { endpointsOfView, loadAssignment } from "../../../src/xds/translate/endpoints.ts";
import { EGRESS_LISTENER } from "../../../src/xds/translate/names.ts";
import { translateNode } from "../../../src/xds/translate/node.ts";
import { TYPES } from "../../../src/xds/types.ts";
import { freePort } from "../../../testbed/process/free-port.ts";
import { httpRoute, nodeView, routedService, targetView, to } from "../../mesh-views.ts";
import { type TestXds, testXds } from "../../xds-harness.ts";
import { type HttpApp, httpApp } from "../apps.ts";
import { ask } from "../ask.ts";
import { eventually } from "../envoy-process.ts";
import { type AdsEnvoy, adsEnvoy } from "./ads-envoy.ts";
import { failures, type Load, load } from "./load.ts";

/*
 * A node that is found by DNS or by EndpointSlices, as it is translated, with a real Envoy and requests that never pause. The servers are at
 * an address of this machine that is not loopback, which no cluster may dial, and each says who it is.
 */

const OWN = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .find(({ internal, family }) => !internal && family === "IPv4")?.address;
const SERVERS = ["by DNS", "first", "second"] as const;
type Server = (typeof SERVERS)[number];
const CHANGES = 5;
const NOTE = OWN === undefined ? " (skipped: this machine has no address of IPv4 but loopback)" : "";

let servers: Readonly<Record<Server, HttpApp>>;
let xds: TestXds;
let envoy: AdsEnvoy;
let port: number;
let traffic: Load | undefined;

beforeAll(async () => {
  const started = SERVERS.map(
    async (name) => [name, await httpApp(OWN ?? "", (_, response) => void response.end(name))] as const,
  );
  servers = Object.fromEntries(await Promise.all(started)) as Record<Server, HttpApp>;
});
afterAll(async () => {
  for (const server of Object.values(servers)) await server.close();
});

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

/** What a caller gets whose target is found by DNS, or has these members. */
function content(found: "dns" | readonly Member[]): EncodedResource[] {
  const ownPort = servers["by DNS"].port;
  const of = { namespace: "shop", service: "api", port: ownPort };
  const target = targetView("api", {
    discovery: { kind: "dns", hostname: OWN ?? "", responseType: "ENDPOINTS", ipPreference: undefined },
    listeners: [{ port: ownPort, members: found === "dns" ? undefined : of }],
  });
  const routes = [httpRoute("all", [to("api", 1, ownPort)])];
  const service = { ...routedService("api", { port, protocol: "http", routes }), name: "127.0.0.1" };
  const view = nodeView({ listeners: [], services: [service], targets: [target] });
  const made = translateNode(view, { ...PLAIN_TRAITS, directions: "separate" }, { domain: "cluster.local" });
  const endpoints = endpointsOfView(view).map((name) => loadAssignment(name, found === "dns" ? [] : found));
  return [
    ...made.map((resource) => {
      if (resource.type !== TYPES.listener || resource.name !== EGRESS_LISTENER) return resource;
      // where the requests come in, as nothing is captured
      const listener = clone(ListenerSchema, resource.message);
      const { address } = listener.address ?? {};
      if (address?.case === "socketAddress") address.value.portSpecifier = { case: "portValue", value: port };
      return resourceOf(listener);
    }),
    ...endpoints.map((message) => resourceOf(message)),
  ]
    .filter(({ name }) => !name.startsWith("lds_ingress"))
    .map(encodeResource);
}

function members(...names: readonly Server[]): readonly Member[] {
  return names.map((name) => ({
    address: OWN ?? "",
    port: servers[name].port,
    family: "IPv4",
    health: "healthy",
    zone: "a",
  }));
}

async function start(resources: readonly EncodedResource[], answering: Server): Promise<void> {
  await xds.serve(snapshotOf(resources));
  envoy = await adsEnvoy({ protocol: "delta", port: xds.server.address.port, trust: xds.authority.pem, token: "web" });
  await answersBy(answering);
  traffic = load({ port });
  await traffic.more(20);
}

/** Who answers one request; its status where it is no success. */
async function who(): Promise<string> {
  const { status, body } = await ask({ host: "127.0.0.1", port, path: "/" });
  return status === 200 ? body : String(status);
}

/** Until each of them was asked once more; whose turn it is depends on what else is asked. */
async function areAsked(...names: readonly Server[]): Promise<void> {
  const before = names.map((name) => servers[name].seen.length);
  await eventually(
    () => Promise.resolve(names.map((name) => servers[name].seen.length)),
    (now) => now.every((count, index) => count > (before[index] ?? 0)),
  );
}

const answersBy = (name: string): Promise<unknown> => eventually(who, (answer) => answer === name);

/** Changes what the proxy gets, and resolves when it has the endpoints. */
async function change(resources: readonly EncodedResource[]): Promise<void> {
  const updates = "cluster.cds_egress_shop_api_shop_http_.*.update_success";
  const before = Object.values(await envoy.stats(updates));
  await xds.serve(snapshotOf(resources));
  await eventually(
    async () => Object.values(await envoy.stats(updates)),
    (now) => now[0] !== before[0],
  );
}

async function failed(): Promise<unknown> {
  // a stream that ended would begin again with another order
  expect(xds.endings).toEqual([]);
  expect(xds.rejections).toEqual([]);
  return failures((await traffic?.stop()) ?? {});
}

test.skipIf(OWN === undefined)(
  `from DNS to endpoints and back, and no request fails${NOTE}`,
  async () => {
    await start(content("dns"), "by DNS");
    for (let round = 0; round < CHANGES; round++) {
      await xds.serve(snapshotOf(content(members("first"))));
      await answersBy("first");
      await traffic?.more(100);
      await xds.serve(snapshotOf(content("dns")));
      await answersBy("by DNS");
      await traffic?.more(100);
    }
    expect(await failed()).toEqual({});
  },
  60_000,
);

test.skipIf(OWN === undefined)(
  `endpoints come and go: the next request follows, and none fails${NOTE}`,
  async () => {
    await start(content(members("first")), "first");
    for (let round = 0; round < CHANGES; round++) {
      await change(content(members("second")));
      expect(await who()).toBe("second");
      await traffic?.more(50);
      await change(content(members("first", "second")));
      await areAsked("first", "second");
      await change(content(members("first")));
      expect(await who()).toBe("first");
    }
    expect(await failed()).toEqual({});
  },
  60_000,
);

test.skipIf(OWN === undefined)(
  `without an endpoint requests are answered with 503, until one comes${NOTE}`,
  async () => {
    await start(content(members("first")), "first");
    await traffic?.stop();
    await change(content([]));
    expect(await who()).toBe("503");
    await change(content(members("second")));
    expect(await who()).toBe("second");
    expect(xds.rejections).toEqual([]);
  },
  60_000,
);
