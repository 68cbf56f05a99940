import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";
import { apply } from "../kubectl.ts";
import { installed } from "../sidecar/installed.ts";
import { call } from "./calls.ts";
import { COLORS, type Color, LOAD_NAMES, LoadedMesh } from "./loaded/loaded-mesh.ts";
import type { NewConnections } from "./loaded/new-connections.ts";
import { byRouter, HTTP, httpRoute, type ListenerOfTest, TCP, tcpRoute } from "./loaded/objects.ts";
import { changesOfTls, metAt, mutual, OF_ACM, PLAIN, permissive, strict } from "./loaded/tls.ts";

/*
 * A mesh is changed while three loads go through it, each over connections that are kept from the first test to the last, and calls on
 * new connections beside them; the last tests say what became of them. Every change is one that both configurations answer: so no request may fail, and no connection may end.
 */

const MESH = new LoadedMesh("mesh-changes");
const { namespace, objects } = MESH;
const PREPARE_MS = 300_000;
const PATIENCE = { timeout: 120_000, interval: 100 };
let outside: string;
let connecting: readonly NewConnections[];

beforeAll(async () => {
  await installed();
  await MESH.start();
  outside = await namespace.outside();
  connecting = [MESH.newConnections("color"), MESH.newConnections("direct")];
}, PREPARE_MS);

afterAll(() => MESH.end(), PREPARE_MS);

describe("weights", () => {
  test("1/0/0: all to the first", async () => {
    await MESH.sharesAre({ red: 1, blue: 0, green: 0 });
  });

  test("1/1/1: a third to each", async () => {
    await MESH.routesChange(MESH.weights({ red: 1, blue: 1, green: 1 }));
    await MESH.sharesAre({ red: 1 / 3, blue: 1 / 3, green: 1 / 3 });
  });

  test("90/10/0: a tenth to the second, nothing to the third", async () => {
    await MESH.routesChange(MESH.weights({ red: 90, blue: 10, green: 0 }));
    await MESH.sharesAre({ red: 0.9, blue: 0.1, green: 0 });
  });

  test("0/0/100: all to the third", async () => {
    await MESH.routesChange(MESH.weights({ red: 0, blue: 0, green: 100 }));
    await MESH.sharesAre({ red: 0, blue: 0, green: 1 });
  });
});

test("a route that is added takes what it is for, and nothing else", async () => {
  const routes = [httpRoute("new", { blue: 1 }, "x-new"), httpRoute("all", { green: 1 })];
  await MESH.routesChange(objects.router("weights", HTTP, routes));
  await MESH.sharesAre({ red: 0, blue: 0, green: 1 });
  expect(JSON.parse((await MESH.call("color", { "x-new": "1" })).body)).toMatchObject({ pod: "blue" });
  expect(JSON.parse((await MESH.call("color")).body)).toMatchObject({ pod: "green" });
});

test("a service gets another router", async () => {
  // a color that no router names would take its counters with it
  await apply(objects.router("other", HTTP, [httpRoute("all", { red: 1, blue: 1, green: 0 })]));
  await MESH.routesChange(objects.service("color", byRouter("other")));
  await MESH.sharesAre({ red: 0.5, blue: 0.5, green: 0 });
});

test("a service gets a router in the place of a node", async () => {
  await apply(objects.router("in-place", HTTP, [httpRoute("all", { green: 1 })]));
  await MESH.routesChange(objects.service("direct", byRouter("in-place")));
  expect(JSON.parse((await MESH.call("direct")).body)).toMatchObject({ pod: "green" });
});

test("a route of connections gets another time-out, which changes the chain of those that are open", async () => {
  const { listenersTaken } = await MESH.statistics();
  await apply(objects.router("connections", TCP, [tcpRoute("all", { db: 1 }, 60)]));
  await vi.waitFor(async () => expect((await MESH.statistics()).listenersTaken).toBe(listenersTaken + 1), PATIENCE);
});

/** Each as what somebody outside of the mesh meets then: of the issuer the name, `another` where it is none of the files'. */
describe("TLS of all nodes, and of their caller", () => {
  test.each([
    ["PERMISSIVE", permissive("a"), { plain: true, tls: true, issuer: "a" }],
    ["STRICT, which the caller checks", strict("a"), { plain: false, tls: true, issuer: "a" }],
    ["with certificates of clients", mutual("a"), { plain: false, tls: false, issuer: "a" }],
    [
      "with other certificates of another authority at both ends",
      mutual("b"),
      { plain: false, tls: false, issuer: "b" },
    ],
    ["with certificates that the control plane signs", OF_ACM, { plain: false, tls: true, issuer: "another" }],
    ["none", PLAIN, { plain: true, tls: false, issuer: "" }],
  ])("becomes %s", async (_, tls, met) => {
    await apply(...MESH.tls(tls));
    await vi.waitFor(async () => {
      for (const color of COLORS) {
        const { issuer, ...rest } = await metAt((await namespace.addressesOf(color)).ipv4);
        const [name = issuer === "" ? "" : "another"] = (["a", "b"] as const).filter(
          (each) => MESH.issuers[each] === issuer,
        );
        expect({ ...rest, issuer: name }).toEqual(met);
      }
      expect(await changesOfTls()).toBe(0);
    }, PATIENCE);
  });
});

describe("a listener, and then back", () => {
  test.each([
    ["another port", { port: 8081, protocol: "http" }],
    ["HTTP/2", { port: 8080, protocol: "http2" }],
  ] as const)("becomes %s", async (_, listener) => {
    await MESH.goesTo("color", "red", listener, objects.node("red", listener));
    await MESH.goesTo("color", "red", HTTP, objects.node("red", HTTP));
  });
});

test("a service over HTTP becomes one of TCP, and then one over HTTP again", async () => {
  const tcp = { port: 8080, protocol: "tcp" } as const;
  const router = (listener: ListenerOfTest, route: JsonObject) => objects.router("in-place", listener, [route]);
  // bytes go to a node of any protocol, so the router is of TCP for as long as the node is, and longer
  const bytes = router(tcp, tcpRoute("all", { green: 1 }));
  await MESH.goesTo("direct", "green", tcp, bytes, objects.node("green", tcp));
  const requests = router(HTTP, httpRoute("all", { green: 1 }));
  await MESH.goesTo("direct", "green", HTTP, objects.node("green", HTTP), requests);
});

test("two nodes exchange their pods", async () => {
  await apply(objects.node("red", HTTP, "blue"), objects.node("blue", HTTP, "red"));
  await vi.waitFor(async () => {
    expect(await receivedBy("red")).toContain("blue");
    expect(await receivedBy("blue")).toContain("red");
  }, PATIENCE);
  await MESH.sharesAre({ red: 0.5, blue: 0.5, green: 0 });
});

test("the egress filter opens and closes", async () => {
  const answered = async (): Promise<number> => (await call(namespace, "front", outside)).status;
  expect(await answered()).toBe(404);
  await apply(objects.mesh("ALLOW_ALL"));
  await vi.waitFor(async () => expect(await answered()).toBe(200), PATIENCE);
  await MESH.sharesAre({ red: 0.5, blue: 0.5, green: 0 });
  await apply(objects.mesh("DROP_ALL"));
  await vi.waitFor(async () => expect(await answered()).toBe(404), PATIENCE);
  await MESH.sharesAre({ red: 0.5, blue: 0.5, green: 0 });
});

test("no request was sent a second time, which would hide a failure", async () => {
  expect((await MESH.statistics()).retried).toBe(0);
});

test("no call on a connection of its own failed", async () => {
  for (const { 200: answered = 0, ...failed } of await Promise.all(connecting.map((each) => each.stop()))) {
    expect(answered).toBeGreaterThan(200);
    expect(failed).toEqual({});
  }
});

test.each(LOAD_NAMES)("no exchange of the load on %s failed, and no connection ended", async (name) => {
  await MESH.nothingFailed(name);
});

/** The nodes in whose name the sidecar of a pod has handed on requests to its app. */
async function receivedBy(pod: Color): Promise<readonly string[]> {
  const { sent } = await MESH.statistics((await namespace.addressesOf(pod)).ipv4);
  const { name } = namespace;
  return COLORS.filter((color) => (sent.get(`cds_ingress_${name}_${color}_${name}_http_8080`) ?? 0) > 0);
}
