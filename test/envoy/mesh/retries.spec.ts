import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
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
import { type Sidecars, sidecars } from "./sidecars.ts";

/* What the sidecar of a caller tries again, by the policy of a route and without one: how often apps were asked, and which of them. */

const CALLED = "127.0.0.3";
const HOST = "back.shop.svc.cluster.local";
/** Three apps are behind the name of the called node, and none behind that of the other. */
const APPS = ["127.0.0.21", "127.0.0.22", "127.0.0.23"];
const TRIES = 3;

const policy = (events: string, more = `maxRetries: ${TRIES - 1}, perRetryTimeout: { unit: s, value: 5 }`) =>
  `, retryPolicy: { ${more}, ${events} }`;
/** By the first part of the path. */
const POLICIES: Readonly<Record<string, string>> = {
  "server-error": policy("httpRetryEvents: [server-error]"),
  "gateway-error": policy("httpRetryEvents: [gateway-error]"),
  "client-error": policy("httpRetryEvents: [client-error]"),
  "stream-error": policy("httpRetryEvents: [stream-error]"),
  "connection-error": policy("tcpRetryEvents: [connection-error]"),
  impatient: policy("httpRetryEvents: [server-error]", "maxRetries: 2, perRetryTimeout: { unit: s, value: 2 }"),
  never: policy("httpRetryEvents: [server-error]", "maxRetries: 0, perRetryTimeout: { unit: s, value: 5 }"),
  silent: "",
};

let ports: { readonly http: number; readonly http2: number; readonly routed: number };
let mesh: Sidecars;
const servers: Server[] = [];
/** Addresses of the apps that were asked for a path, in order. */
const asked = new Map<string, string[]>();

beforeAll(async () => {
  const [http = 0, http2 = 0, routed = 0] = await freePorts(3);
  ports = { http, http2, routed };
  for (const address of APPS) {
    servers.push(http1App(address).listen(http, address), http2App(address).listen(http2, address));
  }
  await Promise.all(servers.map((server) => once(server, "listening")));
  mesh = await sidecars(manifest(), {
    hosts: { [HOST]: APPS, "half.shop.svc.cluster.local": ["127.0.0.29", "127.0.0.21"] },
    sidecars: { front: { calls: [http, http2, routed].map((port) => [CALLED, port] as const) } },
  });
});

afterAll(async () => {
  await mesh?.stop();
  for (const server of servers) server.close();
});

function isAskedBy(address: string, path: string): number {
  const addresses = asked.get(path) ?? [];
  asked.set(path, [...addresses, address]);
  return addresses.length + 1;
}

/** The last part of a path says what the first tries come to: a status, `reset` or `hang`; after those it is 200. */
function http1App(address: string): Server {
  return createServer((received, answer) => {
    const path = received.url ?? "";
    const fault = path.split("/").at(-1) ?? "";
    const isLast = isAskedBy(address, path) >= TRIES;
    if (fault === "reset" && !isLast) return void received.socket.destroy();
    if (fault === "hang" && !isLast) return;
    answer.statusCode = isLast && !path.startsWith("/always") ? 200 : Number(fault);
    answer.end();
  });
}

/** It refuses the first streams of each path. */
function http2App(address: string): Server {
  const server = createHttp2Server();
  server.on("stream", (stream, headers) => {
    stream.on("error", () => stream.close());
    if (isAskedBy(address, String(headers[":path"])) >= TRIES) {
      stream.respond({ ":status": 200 }, { endStream: true });
      return;
    }
    // REFUSED_STREAM
    stream.close(7);
  });
  return server as unknown as Server;
}

function manifest(): string {
  const route = (name: string, match: string, node: string, port: number, rest: string) =>
    `{ name: ${name}, httpRoute: { match: { prefix: ${match} }, ${toNode(node, port)}${rest} } }`;
  const routes = Object.entries(POLICIES).flatMap(([name, rest]) => [
    route(name, `/${name}/`, "back", ports.http, rest),
    route(`${name}-two`, `/two/${name}/`, "back", ports.http2, rest),
    route(`${name}-half`, `/half/${name}/`, "half", ports.http, rest),
    route(`${name}-always`, `/always/${name}/`, "back", ports.http, rest),
  ]);
  const listener = (port: number, protocol: string) => `{ portMapping: { port: ${port}, protocol: ${protocol} } }`;
  const node = (name: string) => {
    const listeners = [listener(ports.http, "http"), listener(ports.http2, "http2")];
    const hostname = `${name}.shop.svc.cluster.local, responseType: ENDPOINTS`;
    return appMeshObject("VirtualNode", name, listening(listeners, hostname));
  };
  return documents(
    SHOP,
    appMeshObject("VirtualNode", "front", [backends("back", "routed")]),
    node("back"),
    node("half"),
    serviceOfNode("back"),
    routedService("routed", [listener(ports.routed, "http")], routes),
  );
}

async function get(path: string, host = "routed.shop", port = ports.routed) {
  asked.delete(path);
  const { status } = await ask({ host: CALLED, port, path, headers: { host } });
  return { status, tries: (asked.get(path) ?? []).length };
}

const AGAIN = { status: 200, tries: TRIES };
const ONCE = { status: 503, tries: 1 };

describe("an event of a policy is tried again", () => {
  test.each([
    ...[500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511, "reset"].map((fault) => ["server-error", fault]),
    ...[502, 503, 504, "reset"].map((fault) => ["gateway-error", fault]),
    ["client-error", 409],
  ])("%s: %s", async (event, fault) => {
    expect(await get(`/${event}/${fault}`)).toEqual(AGAIN);
  });

  test("stream-error: a stream that is refused", async () => {
    expect(await get("/two/stream-error/x")).toEqual(AGAIN);
  });

  test("connection-error: an address where nobody listens", async () => {
    for (let index = 0; index < 6; index++) {
      const path = `/half/connection-error/${index}/404`;
      expect(await get(path)).toEqual({ status: 404, tries: 1 });
    }
  });
});

describe("what is no event of the policy is not", () => {
  test.each([
    ["server-error", 409],
    ["server-error", 509],
    ["gateway-error", 500],
    ["client-error", 404],
    ["client-error", 503],
    ["stream-error", 503],
    ["connection-error", 503],
  ])("%s: %s", async (event, fault) => {
    expect(await get(`/${event}/${fault}`)).toEqual({ status: fault, tries: 1 });
  });

  test("client-error: an address where nobody listens", async () => {
    const statuses = [];
    for (let index = 0; index < 6; index++) statuses.push((await get(`/half/client-error/${index}/404`)).status);
    expect(new Set(statuses)).toEqual(new Set([404, 503]));
  });
});

test("a try that takes longer than one may is another event, and the next one begins", async () => {
  expect(await get("/impatient/hang")).toEqual(AGAIN);
});

test("each try goes to an app that was not asked before", async () => {
  for (let index = 0; index < 6; index++) {
    const path = `/always/server-error/${index}/500`;
    expect(await get(path)).toEqual({ status: 500, tries: TRIES });
    expect((asked.get(path) ?? []).toSorted()).toEqual(APPS);
  }
});

describe("without a policy App Mesh's standard counts", () => {
  test.each(["503", "reset"])("%s is tried twice more", async (fault) => {
    expect(await get(`/silent/${fault}`)).toEqual(AGAIN);
    expect(await get(`/${fault}`, "back.shop", ports.http)).toEqual(AGAIN);
  });

  test("so are streams that are refused, and addresses where nobody listens", async () => {
    expect(await get("/two/silent/x")).toEqual(AGAIN);
    expect(await get("/two/direct", "back.shop", ports.http2)).toEqual(AGAIN);
    for (let index = 0; index < 6; index++) expect((await get(`/half/silent/${index}/404`)).status).toBe(404);
  });

  test.each([500, 502, 504, 409, 404])("%s is not", async (fault) => {
    expect(await get(`/silent/${fault}`)).toEqual({ status: fault, tries: 1 });
    expect(await get(`/${fault}`, "back.shop", ports.http)).toEqual({ status: fault, tries: 1 });
  });
});

test("maxRetries: 0 turns it off", async () => {
  expect(await get("/never/503")).toEqual(ONCE);
  expect(await get("/never/reset")).toEqual(ONCE);
  expect(await get("/two/never/x")).toEqual(ONCE);
});

test("Envoy has nothing to refuse", () => {
  expect(mesh.rejections()).toEqual([]);
});
