import { once } from "node:events";
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer, type Http2Server } from "node:http2";
import type { Server as NetServer } from "node:net";
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
import { callHttp2 } from "./http2-call.ts";
import { echoUpgrades } from "./plain-servers.ts";
import { webSocket } from "./raw-connection.ts";
import { type Sidecars, sidecars } from "./sidecars.ts";

/*
 * Requests over HTTP/1.1, HTTP/2 and gRPC from an app through its sidecar and the called one's to another app and back: two real Envoys
 * and what their nodes get.
 */

/** Addresses of loopback: what the caller calls, and where the callee's sidecar takes it. */
const CALLED = "127.0.0.3";
const TAKEN = "127.0.0.2";
/** Of requests to the listener of HTTP, in milliseconds: longer than those take that are answered. */
const TIMEOUT = 5_000;
const GRPC = { "content-type": "application/grpc", te: "trailers" };

let mesh: Sidecars;
const servers: NetServer[] = [];
/** By what is spoken there: ports of the callee, the same for whoever calls it. */
let port: Readonly<Record<"http" | "http2" | "grpc" | "routed" | "mixed", number>>;

beforeAll(async () => {
  const [http = 0, http2 = 0, grpc = 0, routed = 0, mixed = 0] = await freePorts(5);
  port = { http, http2, grpc, routed, mixed };
  servers.push(await http1App(http), ...(await Promise.all([http2, grpc].map((each) => http2App(each)))));
  mesh = await sidecars(manifest(), {
    hosts: { "back.shop.svc.cluster.local": [TAKEN], "nobody.shop.svc.cluster.local": ["127.0.0.9"] },
    sidecars: {
      front: { calls: [http, http2, grpc, routed, mixed].map((each) => [CALLED, each] as const) },
      back: { takes: [http, http2, grpc].map((each) => [TAKEN, each] as const) },
    },
  });
});

afterAll(async () => {
  await mesh?.stop();
  for (const server of servers) server.close();
});

function manifest(): string {
  const route = (kind: string, name: string, match: string, node: "back" | "nobody", on: number, rest = "") =>
    `{ name: ${name}, ${kind}: { match: ${match}, ${toNode(node, on)}${rest} } }`;
  const listener = (number: number, protocol: string, rest = "") =>
    `{ portMapping: { port: ${number}, protocol: ${protocol} }${rest} }`;
  const short = `, timeout: { http: { perRequest: { unit: ms, value: ${TIMEOUT} } } }`;
  const every = '{ prefix: "/" }';
  const retry = (events: string) =>
    `, retryPolicy: { maxRetries: 3, perRetryTimeout: { unit: s, value: 5 }, ${events} }`;
  const routes = [
    route("grpcRoute", "method", "{ serviceName: shop.Catalogue, methodName: List }", "back", port.grpc),
    route(
      "grpcRoute",
      "v2",
      "{ serviceName: shop.Catalogue, metadata: [{ name: version, match: { exact: v2 } }] }",
      "back",
      port.http2,
    ),
    route("grpcRoute", "again", "{ serviceName: shop.Again }", "back", port.grpc, retry("grpcRetryEvents: [internal]")),
    route("grpcRoute", "once", "{ serviceName: shop.Once }", "back", port.grpc, retry("grpcRetryEvents: [cancelled]")),
    route("grpcRoute", "nobody", "{ serviceName: shop.Nobody }", "nobody", port.grpc),
    route("grpcRoute", "old", "{ serviceName: shop.Old }", "back", port.http),
    route("httpRoute", "to-http2", '{ prefix: "/two" }', "back", port.http2),
    route("http2Route", "from-http2", `{ prefix: "/one", port: ${port.mixed} }`, "back", port.http),
    route("httpRoute", "rest", every, "back", port.http),
  ];
  const listeners = [listener(port.http, "http", short), listener(port.http2, "http2"), listener(port.grpc, "grpc")];
  return documents(
    SHOP,
    appMeshObject("VirtualNode", "front", [backends("back", "routed")]),
    appMeshObject("VirtualNode", "back", listening(listeners, "back.shop.svc.cluster.local")),
    appMeshObject("VirtualNode", "nobody", listening([listener(port.grpc, "grpc")], "nobody.shop.svc.cluster.local")),
    serviceOfNode("back"),
    routedService("routed", [listener(port.routed, "grpc"), listener(port.mixed, "http")], routes),
  );
}

/** What an app was asked, as it answers it. */
interface Seen {
  readonly version: string;
  readonly host: string | undefined;
  readonly path: string | undefined;
  readonly on: number;
}

async function http1App(on: number): Promise<Server> {
  const server = createHttpServer((asked, answer) => {
    const seen: Seen = { version: asked.httpVersion, host: asked.headers.host, path: asked.url, on };
    if (asked.url === "/never") return;
    asked.resume().on("end", () => answer.end(JSON.stringify(seen)));
  });
  echoUpgrades(server);
  await once(server.listen(on, "127.0.0.1"), "listening");
  return server;
}

/** How often each path was called. */
const calls = new Map<string, number>();

/** It takes nothing but HTTP/2. Calls of gRPC end with a status in trailers; paths with `fails-twice` fail twice before that. */
async function http2App(on: number): Promise<Http2Server> {
  const server = createServer();
  server.on("stream", (stream, headers) => {
    const path = String(headers[":path"]);
    const count = (calls.get(path) ?? 0) + 1;
    calls.set(path, count);
    const seen: Seen = { version: "2.0", host: headers[":authority"], path, on };
    stream.on("error", () => stream.close());
    stream.resume().on("end", () => {
      if (headers["content-type"] !== "application/grpc") {
        stream.respond({ ":status": 200 });
        return void stream.end(JSON.stringify(seen));
      }
      const grpc = { ":status": 200, "content-type": "application/grpc" };
      if (path.includes("Fails") && count <= 2) {
        stream.respond({ ...grpc, "grpc-status": "13", "grpc-message": "try" }, { endStream: true });
        return;
      }
      stream.respond(grpc, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(JSON.stringify(seen));
    });
  });
  await once(server.listen(on, "127.0.0.1"), "listening");
  return server;
}

async function over1(called: number, host: string, path: string): Promise<{ status: number; seen: Seen | string }> {
  const { status, body } = await ask({ host: CALLED, port: called, path, headers: { host } });
  return { status, seen: parsed(body) };
}

interface Call {
  readonly status: number | undefined;
  readonly grpcStatus: string | undefined;
  readonly seen: Seen | string;
}

async function over2(called: number, host: string, path: string, headers: Record<string, string> = {}): Promise<Call> {
  const answer = await callHttp2(called, CALLED, { ":path": path, ":authority": host, ...headers });
  return { status: answer.headers[":status"], grpcStatus: answer.grpcStatus, seen: parsed(answer.body) };
}

function grpc(path: string, metadata: Record<string, string> = {}): Promise<Call> {
  return over2(port.routed, "routed.shop", path, { ...GRPC, ...metadata });
}

function parsed(body: string): Seen | string {
  try {
    return JSON.parse(body) as Seen;
  } catch {
    return body;
  }
}

test("Envoys have nothing to refuse", () => {
  expect(mesh.rejections()).toEqual([]);
});

describe("an app speaks HTTP/1.1 or HTTP/2 as it likes, and the called one hears what its listener says", () => {
  test.each([
    ["http", "1.1"],
    ["http2", "2.0"],
    ["grpc", "2.0"],
  ] as const)("a listener of %s", async (protocol, version) => {
    const seen = { version, host: "back.shop", path: "/a?b", on: port[protocol] };
    expect(await over1(port[protocol], "back.shop", "/a?b")).toEqual({ status: 200, seen });
    expect(await over2(port[protocol], "back.shop", "/a?b")).toMatchObject({ status: 200, seen });
  });

  test("a node of gRPC, called without a router, keeps trailers", async () => {
    const answer = await over2(port.grpc, "back.shop", "/any.Service/Method", GRPC);
    expect(answer).toMatchObject({ status: 200, grpcStatus: "0", seen: { path: "/any.Service/Method" } });
  });

  test("hosts that are nobody's are not found", async () => {
    expect((await over2(port.http2, "other.shop", "/")).status).toBe(404);
    // 12: unimplemented
    expect(await over2(port.grpc, "other.shop", "/a.B/C", GRPC)).toMatchObject({ status: 200, grpcStatus: "12" });
  });
});

describe("routes of gRPC", () => {
  test("by service and method, then by metadata, before what takes anything", async () => {
    expect(await grpc("/shop.Catalogue/List")).toMatchObject({ grpcStatus: "0", seen: { on: port.grpc } });
    expect(await grpc("/shop.Catalogue/Get", { version: "v2" })).toMatchObject({ seen: { on: port.http2 } });
    expect(await grpc("/shop.Catalogue/List", { version: "v2" })).toMatchObject({ seen: { on: port.grpc } });
  });

  test.each([
    ["another method", "/shop.Catalogue/Get", {}],
    ["other metadata", "/shop.Catalogue/Get", { version: "v1" }],
    ["a service whose name goes on", "/shop.Catalogue2/List", { version: "v2" }],
    ["a method whose name goes on", "/shop.Catalogue/List2", {}],
  ])("%s is unimplemented", async (_, path, metadata) => {
    expect(await grpc(path, metadata)).toMatchObject({ status: 200, grpcStatus: "12" });
  });

  test("a request that is no call of gRPC matches none of them", async () => {
    expect((await over2(port.routed, "routed.shop", "/shop.Catalogue/List")).status).toBe(404);
  });

  test("a status is tried again where the policy names it, and not where it names another", async () => {
    expect(await grpc("/shop.Again/Fails")).toMatchObject({ grpcStatus: "0" });
    expect(calls.get("/shop.Again/Fails")).toBe(3);
    expect(await grpc("/shop.Once/Fails")).toMatchObject({ grpcStatus: "13" });
    expect(calls.get("/shop.Once/Fails")).toBe(1);
  });

  test("a node that nobody is behind, and one that cannot take gRPC, are unavailable", async () => {
    expect(await grpc("/shop.Nobody/Call")).toMatchObject({ status: 200, grpcStatus: "14" });
    expect(await grpc("/shop.Old/Call")).toMatchObject({ status: 200, grpcStatus: "14" });
  });
});

describe("routes whose protocol is not that of the listener or of the node", () => {
  test("an HTTP route to a node of HTTP/2", async () => {
    expect(await over1(port.mixed, "routed.shop", "/two")).toMatchObject({
      status: 200,
      seen: { version: "2.0", on: port.http2 },
    });
  });

  test("a route of HTTP/2 on a listener of HTTP, to a node of HTTP", async () => {
    const answered = { status: 200, seen: { version: "1.1", on: port.http } };
    expect(await over2(port.mixed, "routed.shop", "/one")).toMatchObject(answered);
    expect(await over1(port.mixed, "routed.shop", "/one")).toMatchObject(answered);
  });

  test("a listener of gRPC keeps to its routes where others have a listener of their own", async () => {
    expect((await over1(port.routed, "routed.shop", "/two")).status).toBe(404);
  });
});

test("a WebSocket is passed through both sidecars, and outlasts time-outs of requests", async () => {
  const { socket, lines } = webSocket(port.http, CALLED, "/chat", "back.shop");
  await once(socket, "data");
  expect(lines.join("")).toMatch(/^HTTP\/1\.1 101 /);
  expect((await over1(port.http, "back.shop", "/never")).status).toBe(504);
  socket.write("hello");
  await once(socket, "data");
  expect(lines.at(-1)).toBe("echo hello");
  socket.destroy();
});
