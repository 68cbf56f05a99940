import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePorts } from "../../../testbed/process/free-port.ts";
import {
  appMeshObject,
  backends,
  documents,
  listening,
  routedService,
  SHOP,
  serviceOfNode,
  toNode,
} from "../../shop-manifest.ts";
import { ask } from "../ask.ts";
import { eventually } from "../envoy-process.ts";
import { type Sidecars, sidecars } from "./sidecars.ts";

/*
 * Requests that nobody answers in time, through the sidecars of caller and called: each has a time-out of its own, and which of them ended
 * a request is said by the statistics of both.
 */

const CALLED = "127.0.0.3";
const TAKEN = "127.0.0.2";
/** Milliseconds, in which a request surely comes to its app; the requests of these tests are answered later than this, or when a test says so. */
const SHORT = 1_500;

/** Listeners of the called node by what they say of time-outs. */
type Listener = "standard" | "short" | "none" | "short idle";
const LISTENERS: Readonly<Record<Listener, string>> = {
  standard: "",
  short: `perRequest: { unit: ms, value: ${SHORT} }`,
  none: "perRequest: { unit: s, value: 0 }, idle: { unit: s, value: 0 }",
  "short idle": `perRequest: { unit: s, value: 0 }, idle: { unit: ms, value: ${SHORT} }`,
};

let ports: Readonly<Record<Listener | "routed" | "tcp", number>>;
let mesh: Sidecars;
let app: readonly Server[];
const held = new Map<string, () => void>();

beforeAll(async () => {
  const [standard = 0, short = 0, none = 0, idle = 0, routed = 0, tcp = 0] = await freePorts(6);
  ports = { standard, short, none, "short idle": idle, routed, tcp };
  app = [standard, short, none, idle].map((port) =>
    createServer((asked, answer) => void held.set(asked.url ?? "", () => answer.end("late"))).listen(port, "127.0.0.1"),
  );
  await Promise.all(app.map((server) => once(server, "listening")));
  mesh = await sidecars(manifest(), {
    hosts: { "back.shop.svc.cluster.local": [TAKEN] },
    sidecars: {
      front: { calls: [standard, short, none, idle, routed].map((port) => [CALLED, port] as const) },
      back: { takes: [standard, short, none, idle].map((port) => [TAKEN, port] as const) },
    },
  });
});

afterAll(async () => {
  for (const answer of held.values()) answer();
  await mesh?.stop();
  for (const server of app) server.close();
});

function manifest(): string {
  const listeners = Object.entries(LISTENERS).map(
    ([name, timeout]) =>
      `{ portMapping: { port: ${ports[name as Listener]}, protocol: http }, timeout: { http: { ${timeout} } } }`,
  );
  const route = (name: string, listener: Listener, timeout: string) =>
    `{ name: ${name}, httpRoute: { match: { prefix: /${name} }, ${toNode("back", ports[listener])}, timeout: { ${timeout} } } }`;
  const routes = [
    route("shorter", "none", LISTENERS.short),
    route("longer", "short", "perRequest: { unit: s, value: 60 }"),
    route("silent", "none", LISTENERS["short idle"]),
    route("kept", "short idle", LISTENERS.none),
    route("endless", "none", LISTENERS.none),
  ];
  return documents(
    SHOP,
    appMeshObject("VirtualNode", "front", [backends("back", "routed")]),
    appMeshObject("VirtualNode", "back", listening(listeners, "back.shop.svc.cluster.local")),
    serviceOfNode("back"),
    routedService("routed", [`{ portMapping: { port: ${ports.routed}, protocol: http } }`], routes),
  );
}

async function get(port: number, host: string, path: string): Promise<number> {
  return (await ask({ host: CALLED, port, path, headers: { host } })).status;
}

const routed = (path: string) => get(ports.routed, "routed.shop", path);

/** How many requests each sidecar ended, of those that went to the listener. */
async function ended(listener: Listener): Promise<{ readonly front: number; readonly back: number }> {
  const port = ports[listener];
  const of = async (node: string, cluster: string): Promise<number> => {
    const name = `cluster.${cluster}_shop_back_shop_http_${port}.upstream_rq_timeout`;
    return (await mesh.envoy(node).stats(name))[name] ?? 0;
  };
  return { front: await of("front", "cds_egress"), back: await of("back", "cds_ingress") };
}

describe("the shorter time-out for requests counts", () => {
  test("that of the route, before a listener that has none", async () => {
    const before = await ended("none");
    expect(await routed("/shorter")).toBe(504);
    expect(await ended("none")).toEqual({ ...before, front: before.front + 1 });
  });

  test("that of the listener, before a route with a longer one", async () => {
    const before = await ended("short");
    expect(await routed("/longer")).toBe(504);
    const after = await ended("short");
    expect(after).toEqual({ ...before, back: before.back + 1 });
  });

  test("that of the listener at both ends, where no router is between", async () => {
    expect(await get(ports.short, "back.shop", "/")).toBe(504);
  });
});

test("15 seconds are the standard at both ends, and 0 is no time-out", { timeout: 60_000 }, async () => {
  const endless = routed("/endless");
  const standard = get(ports.standard, "back.shop", "/standard");
  expect(await standard).toBe(504);
  held.get("/endless")?.();
  expect(await endless).toBe(200);
});

describe("a request on which nothing moves ends after the idle time-out", () => {
  test.each(["/silent", "/kept"])("of %s", async (path) => {
    expect(await routed(path)).toBe(504);
    await eventually(
      () => Promise.resolve(held.has(path)),
      (isHeld) => isHeld,
    );
  });
});
