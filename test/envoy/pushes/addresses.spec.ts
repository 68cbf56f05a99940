import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { clone } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PLAIN_TRAITS } from "../../../src/model/proxy-traits.ts";
import { encodeResource } from "../../../src/xds/encode/encode-resource.ts";
import { resourceOf } from "../../../src/xds/encode/resource.ts";
import { ListenerSchema } from "../../../src/xds/generated/envoy/config/listener/v3/listener_pb.js";
import type { EncodedResource } from "../../../src/xds/serve/resource.ts";
import { snapshotOf } from "../../../src/xds/serve/snapshot.ts";
import { EGRESS_LISTENER } from "../../../src/xds/translate/names.ts";
import { translateNode } from "../../../src/xds/translate/node.ts";
import { TYPES } from "../../../src/xds/types.ts";
import { freePort } from "../../../testbed/process/free-port.ts";
import { nodeView, serviceView, targetView } from "../../mesh-views.ts";
import { edsCluster, endpoints } from "../../xds-content.ts";
import { type TestXds, testXds } from "../../xds-harness.ts";
import { eventually } from "../envoy-process.ts";
import { type AdsEnvoy, adsEnvoy, listens } from "./ads-envoy.ts";

/*
 * TCP services of one port, told apart by the addresses of their Kubernetes Services: here addresses of loopback, and the listener on
 * the very port that is called, so that nothing has to be captured.
 */

const SERVICES = ["cache", "db"] as const;

let xds: TestXds;
let envoy: AdsEnvoy;
let port: number;
let servers: readonly Server[];
let opened: Socket[];

beforeEach(async () => {
  port = await freePort();
  opened = [];
  // each says who it is to whoever speaks to it
  servers = SERVICES.map((name) =>
    createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", () => socket.write(`${name}\n`));
    }).listen(0, "127.0.0.1"),
  );
  await Promise.all(servers.map((server) => once(server, "listening")));
  xds = await testXds();
});

afterEach(async () => {
  for (const socket of opened) socket.destroy();
  await envoy.stop();
  await xds.stop();
  for (const server of servers) server.close();
});

/** What a proxy gets whose services have these addresses; absent of a service: not known. */
function content(
  addresses: Readonly<Partial<Record<(typeof SERVICES)[number], readonly string[]>>>,
): EncodedResource[] {
  const targets = SERVICES.map((name) => targetView(name, { listeners: [{ port, protocol: "tcp" }] }));
  const services = SERVICES.map((name) => ({
    ...serviceView(name, { kind: "node", target: `${name}_shop`, ports: [port] }),
    addresses: addresses[name],
  }));
  const view = nodeView({ listeners: [], services, targets });
  const made = translateNode(view, { ...PLAIN_TRAITS, directions: "separate" }, { domain: "cluster.local" });
  const egress = made.find(({ name }) => name === EGRESS_LISTENER);
  if (egress?.type !== TYPES.listener) throw new Error("no listener");
  const listener = clone(ListenerSchema, egress.message);
  const { address } = listener.address ?? {};
  if (address?.case === "socketAddress") address.value.portSpecifier = { case: "portValue", value: port };
  const others = made.filter(({ type, name }) => type === TYPES.cluster && !name.includes("_tcp_"));
  return [
    ...others.map(encodeResource),
    encodeResource(resourceOf(listener)),
    ...SERVICES.flatMap((name, index) => {
      const cluster = `cds_egress_shop_${name}_shop_tcp_${port}`;
      return [edsCluster(cluster), endpoints(cluster, portOf(servers[index]))];
    }),
  ];
}

function portOf(server: Server | undefined): number {
  const address = server?.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function start(resources: readonly EncodedResource[]): Promise<void> {
  await xds.serve(snapshotOf(resources));
  envoy = await adsEnvoy({ protocol: "delta", port: xds.server.address.port, trust: xds.authority.pem, token: "web" });
  await listens(envoy, 1);
}

/** Changes what the proxy gets, and resolves once its listener is the new one. */
async function change(resources: readonly EncodedResource[]): Promise<void> {
  const updates = "listener_manager.listener_in_place_updated";
  const before = (await envoy.stats(updates))[updates] ?? 0;
  await xds.serve(snapshotOf(resources));
  await eventually(
    () => envoy.stats(updates),
    (stats) => stats[updates] === before + 1,
  );
  // its thread takes it up after it is counted
  await listens(envoy, before + 2);
}

async function open(address: string): Promise<Socket> {
  const socket = connect(port, address);
  opened.push(socket);
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** Who answers on a connection; `closed`: nobody. */
async function answer(socket: Socket): Promise<string> {
  const answered = Promise.race([once(socket, "data"), once(socket, "close").then(() => ["closed"])]);
  socket.write("who?\n");
  // closed with something unread is reset, which `once` rejects for
  const [first] = (await answered.catch(() => ["closed"])) as [unknown];
  return String(first).trim();
}

const who = async (address: string): Promise<string> => answer(await open(address));

test("each address has its service, and others are closed", async () => {
  await start(content({ cache: ["127.0.0.2", "127.0.0.3"], db: ["127.0.0.4"] }));
  expect(await Promise.all(["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"].map(who))).toEqual([
    "cache",
    "cache",
    "db",
    "closed",
  ]);
});

test("the one service of unknown address has what no address takes", async () => {
  await start(content({ cache: ["127.0.0.2"] }));
  expect(await Promise.all(["127.0.0.2", "127.0.0.3"].map(who))).toEqual(["cache", "db"]);
});

test("a service that is known and called nowhere takes nothing, also while its last address is gone", async () => {
  await start(content({ cache: ["127.0.0.2"], db: [] }));
  expect(await Promise.all(["127.0.0.2", "127.0.0.3"].map(who))).toEqual(["cache", "closed"]);
  const held = await open("127.0.0.2");
  expect(await answer(held)).toBe("cache");
  await change(content({ cache: [], db: ["127.0.0.3"] }));
  expect(await Promise.all(["127.0.0.2", "127.0.0.3"].map(who))).toEqual(["closed", "db"]);
  expect(await answer(held)).toBe("cache");
});

test("addresses come, move and go, and no open connection is closed", async () => {
  await start(content({ cache: ["127.0.0.2"], db: ["127.0.0.4"] }));
  const held = await Promise.all(["127.0.0.2", "127.0.0.4"].map(open));
  expect(await Promise.all(held.map(answer))).toEqual(["cache", "db"]);
  await change(content({ cache: ["127.0.0.2", "127.0.0.3"], db: ["127.0.0.4"] }));
  expect(await who("127.0.0.3")).toBe("cache");
  await change(content({ cache: ["127.0.0.4"], db: ["127.0.0.2"] }));
  expect(await Promise.all(["127.0.0.2", "127.0.0.4"].map(who))).toEqual(["db", "cache"]);
  await change(content({ cache: ["127.0.0.3"], db: ["127.0.0.5"] }));
  expect(await Promise.all(["127.0.0.2", "127.0.0.5"].map(who))).toEqual(["closed", "db"]);
  expect(await Promise.all(held.map(answer))).toEqual(["cache", "db"]);
  const draining = await envoy.stats("listener_manager.total_filter_chains_draining");
  expect(draining).toEqual({ "listener_manager.total_filter_chains_draining": 0 });
});
