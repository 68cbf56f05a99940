import { once } from "node:events";
import type { Server, Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../../testbed/process/free-port.ts";
import { appMeshObject, backends, documents, listening, routedService, SHOP } from "../../shop-manifest.ts";
import { eventually } from "../envoy-process.ts";
import { greeting } from "./plain-servers.ts";
import { heard, openConnection } from "./raw-connection.ts";
import { type Sidecars, sidecars } from "./sidecars.ts";

/* Connections of an app to a service whose router shares them among nodes that say who they are. */

const CALLED = "127.0.0.3";
const NODES = { red: "127.0.0.14", blue: "127.0.0.15" } as const;
type Weights = Readonly<Partial<Record<keyof typeof NODES | "gone", number>>>;

let port: number;
let servers: readonly Server[];
let mesh: Sidecars | undefined;
const opened: Socket[] = [];

beforeAll(async () => {
  port = await freePort();
  servers = Object.entries(NODES).map(([name, address]) => greeting(name).listen(port, address));
  await Promise.all(servers.map((server) => once(server, "listening")));
});

afterEach(async () => {
  for (const socket of opened.splice(0)) socket.destroy();
  await mesh?.stop();
  mesh = undefined;
});

afterAll(() => {
  for (const server of servers) server.close();
});

/** `idle`: milliseconds. */
function manifest(weights: Weights, idle: number): string {
  const targets = Object.entries(weights).map(
    ([name, weight]) => `{ virtualNodeRef: { name: ${name} }, weight: ${weight} }`,
  );
  const listener = `{ portMapping: { port: ${port}, protocol: tcp } }`;
  const timeout = `timeout: { idle: { unit: ms, value: ${idle} } }`;
  return documents(
    SHOP,
    ...Object.keys(NODES).map((name) =>
      appMeshObject("VirtualNode", name, listening([listener], `${name}.shop.svc.cluster.local`)),
    ),
    appMeshObject("VirtualNode", "web", [backends("db")]),
    routedService(
      "db",
      [listener],
      [`{ name: all, tcpRoute: { action: { weightedTargets: [${targets.join(", ")}] }, ${timeout} } }`],
    ),
  );
}

async function start(weights: Weights, idle = 0): Promise<void> {
  mesh = await sidecars(manifest(weights, idle), {
    hosts: Object.fromEntries(Object.entries(NODES).map(([name, at]) => [`${name}.shop.svc.cluster.local`, [at]])),
    sidecars: { web: { calls: [[CALLED, port]] } },
  });
}

function open(): Socket {
  const socket = openConnection(port, CALLED);
  opened.push(socket);
  return socket;
}

async function answerer(): Promise<string> {
  return await heard(open()).catch(() => "closed");
}

/** Who answers so many connections that somebody with a share of a half is not among them once in 2^39 times. */
async function answerers(): Promise<readonly string[]> {
  return [...new Set(await Promise.all(Array.from({ length: 40 }, answerer)))].toSorted();
}

describe("weights", () => {
  test("connections are shared among the nodes that have one", async () => {
    await start({ red: 1, blue: 1 });
    expect(await answerers()).toEqual(["welcome to blue", "welcome to red"]);
  });

  test.each<[string, Weights]>([
    ["first", { blue: 0, red: 100 }],
    ["last", { red: 1, blue: 0 }],
    ["not there either", { gone: 0, red: 1 }],
  ])("of 0 give nothing to a node that is %s", async (_, weights) => {
    await start(weights);
    expect(await answerers()).toEqual(["welcome to red"]);
    expect(mesh?.rejections()).toEqual([]);
  });

  test("of 0 everywhere close each connection", async () => {
    await start({ red: 0, blue: 0 });
    expect(await answerers()).toEqual(["closed"]);
    expect(mesh?.rejections()).toEqual([]);
  });

  test("of a node that is not there close its share", async () => {
    await start({ gone: 1, red: 1 });
    expect(await answerers()).toEqual(["closed", "welcome to red"]);
  });

  test("that change move new connections, and leave those that are open where they are", async () => {
    await start({ red: 1, blue: 0 });
    const held = open();
    expect(await heard(held)).toBe("welcome to red");
    await mesh?.change(manifest({ red: 0, blue: 1 }, 0));
    await eventually(answerer, (answer) => answer === "welcome to blue");
    held.write("still here");
    expect(await heard(held)).toBe("red heard still here");
    await mesh?.change(manifest({ red: 0, blue: 0 }, 0));
    await eventually(answerer, (answer) => answer === "closed");
    held.write("and now");
    expect(await heard(held)).toBe("red heard and now");
  });
});

test("a node that leaves the route, and its cluster with it, keeps the connections that it has", async () => {
  await start({ red: 1 });
  const held = open();
  expect(await heard(held)).toBe("welcome to red");
  await mesh?.change(manifest({ blue: 1 }, 0));
  await eventually(answerer, (answer) => answer === "welcome to blue");
  await eventually(
    async () => Object.keys((await mesh?.envoy("web").activeClusters()) ?? {}).filter((name) => name.includes("_red_")),
    (clusters) => clusters.length === 0,
  );
  held.write("still here");
  expect(await heard(held)).toBe("red heard still here");
});

test("a connection on which nothing is said is closed after the idle time-out of its route", async () => {
  await start({ red: 1 }, 300);
  const silent = open();
  expect(await heard(silent)).toBe("welcome to red");
  expect(await heard(silent).catch(() => "closed")).toBe("closed");
});
