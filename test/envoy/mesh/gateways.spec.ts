import { once } from "node:events";
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer, type IncomingHttpHeaders } from "node:http2";
import type { Server as NetServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePorts } from "../../../testbed/process/free-port.ts";
import { comesTrue } from "../../comes-true.ts";
import { APPS, type App, gatewayManifest, type Ports } from "./gateways/manifest.ts";
import { callHttp2 } from "./http2-call.ts";
import { type RawAnswer, rawRequest } from "./match-matrix/raw-request.ts";
import { echoUpgrades } from "./plain-servers.ts";
import { webSocket } from "./raw-connection.ts";
import { type Sidecars, sidecars } from "./sidecars.ts";

/*
 * Requests from strangers through two real Envoys that are the gateways of one mesh, to apps that say what they were asked. The answers were
 * written down before.
 */

let mesh: Sidecars;
let ports: Ports;
const servers: NetServer[] = [];

beforeAll(async () => {
  const [main = 0, limited = 0, http2 = 0, grpc = 0, edge = 0, second = 0, other = 0, ...rest] = await freePorts(
    7 + APPS.length,
  );
  const apps = Object.fromEntries(APPS.map((app, index) => [app, rest[index] ?? 0])) as Record<App, number>;
  ports = { main, limited, http2, grpc, edge, apps };
  for (const app of APPS) servers.push(await (app === "calls" ? grpcApp(apps[app]) : httpApp(app, apps[app])));
  const hosts = Object.fromEntries(APPS.map((app) => [`${app}.shop.svc.cluster.local`, ["127.0.0.1"]]));
  mesh = await sidecars(gatewayManifest(ports), {
    hosts,
    gateways: {
      door: { at: "127.0.0.1", ports: [main, limited, http2, grpc], second: ["127.0.0.1", second] },
      "front-door": { at: "127.0.0.1", ports: [edge], second: ["127.0.0.1", other] },
    },
  });
}, 60_000);

afterAll(async () => {
  await mesh?.stop();
  for (const server of servers) server.close();
});

test("Envoys have nothing to refuse", () => {
  expect(mesh.rejections()).toEqual([]);
});

/** A request, and who answers: `<node> <path as it came there> <host as it came there>`, or the status. */
type Row = readonly [request: string, answer: string | number];

const SEVEN: readonly Row[] = [
  ["GET /\ncolor_header: yellow", "yellow / yellow.shop"],
  ["GET /any/thing?q=1\ncolor_header: yellow", "yellow /any/thing?q=1 yellow.shop"],
  ["GET /any\ncolor_header: yellowish", 404],
  ["DELETE /any", "white /any white.shop"],
  ["POST /any", 404],
  ["GET /paths/green", "green /paths/green green.shop"],
  ["GET /paths/green?x=/", "green /paths/green?x=/ green.shop"],
  ["GET /paths/green/", 404],
  ["GET /paths/blue", "blue /blue paths.shop"],
  ["GET /paths/red/x?y", "red /red/x?y paths.shop"],
  ["GET /paths", 404],
  ["GET /paths/", 404],
  ["GET /query?color_type=white", "white /?color_type=white white.shop"],
  ["GET /query/a?b=c&color_type=white", "white /a?b=c&color_type=white white.shop"],
  ["GET /query?color_type=black", 404],
  ["GET /query", 404],
  ["GET /rewrite/path/blue", "blue /blue paths.shop"],
  ["GET /rewrite/path/blue?a=b", "blue /blue?a=b paths.shop"],
  ["GET /rewrite/path/blue/x", 404],
  ["GET /test/", "red /red/ paths.shop"],
  ["GET /test/a/b?c", "red /red/a/b?c paths.shop"],
  ["GET /test", "red /red/ paths.shop"],
  ["GET /test?c", "red /red/?c paths.shop"],
  ["GET /testing", 404],
];

const PATHS: readonly Row[] = [
  ["GET /v12/x", "green /v12/x green.shop"],
  ["GET /v12", 404],
  ["GET /v12/x?y", "green /v12/x?y green.shop"],
  // a backslash is a slash to Envoy, and no reference to what was matched
  ["GET /old/a?b", "green /new/1?b green.shop"],
  ["GET /red", "red /red paths.shop"],
  ["GET /red/x", "red /red/x paths.shop"],
  ["GET /host", "green / www.shop-mesh.io"],
  ["GET /host/a", "green /a www.shop-mesh.io"],
  ["GET /whatever", "green /whatever www.shop-mesh.io"],
  ["GET /other/a", "yellow /a two.shop"],
  ["GET /first/of/all", "green /of/all green.shop"],
  ["GET /moved", "red / red.shop"],
  ["GET /bank", "green / green.shop"],
  // nobody comes out of what takes a prefix' place
  ["GET /confined/a", "green /inside/a green.shop"],
  ["GET /confinedly", "green /inside/ly green.shop"],
  ["GET /confined.a/b", "green /inside/.a/b green.shop"],
  ["GET /confined./a", "green /inside/a green.shop"],
  ["GET /confined../a", 404],
  ["GET /confined..", 404],
  ["GET /confined..?a", 404],
  ["GET /confined.%2e/a", 404],
  ["GET /confined%2E./a", 404],
  ["GET /confined..\\a", 404],
  ["GET /confined..;/a", 404],
  ["GET //paths//blue", "blue /blue paths.shop"],
  ["GET /x/../paths/blue", "blue /blue paths.shop"],
];

const HOSTS: readonly Row[] = [
  ["GET /only\nhost: www.example.com", "white / white.shop"],
  ["GET /only\nhost: WWW.Example.COM:8080", "white / white.shop"],
  ["GET /only\nhost: www.example.com.", "white / white.shop"],
  ["GET /only\nhost: example.com", 404],
  ["GET /only\nhost: www.example.com.evil", 404],
  ["GET /sub/x\nhost: a.example.com", "yellow /x yellow.shop"],
  ["GET /sub/x\nhost: a.b.example.com:1", "yellow /x yellow.shop"],
  ["GET /sub/x\nhost: example.com", 404],
  ["GET /sub/x\nhost: aexample.com", 404],
  // a host of a route of its own falls through to routes of its suffix, and to those of every host
  ["GET /sub/x\nhost: www.example.com", "yellow /x yellow.shop"],
  ["GET /paths/blue\nhost: www.example.com", "blue /blue paths.shop"],
  ["GET /red/it\nhost: www.example.com", "yellow /red/it yellow.shop"],
  ["GET /red/it\nhost: other.example.com", "red /red/it paths.shop"],
  ["GET /paths/red\nhost: a.example.com", "red /red paths.shop"],
  ["GET /sub/eu/x\nhost: a.eu.example.com", "blue /x blue.shop"],
  ["GET /sub/x\nhost: a.eu.example.com", "yellow /x yellow.shop"],
  ["GET /sub/eu/x\nhost: a.us.example.com", "yellow /eu/x yellow.shop"],
  ["GET /anything\nhost: team-one-api.shop-mesh.io", "green /anything green.shop"],
  ["GET /anything\nhost: a.b-api.shop-mesh.io", "green /anything green.shop"],
  ["GET /anything\nhost: api.shop-mesh.io", 404],
  ["GET /anything?q\nhost: alone.shop-mesh.io", "white /anything?q white.shop"],
  ["GET /anything\nhost: ported.shop-mesh.io", "red /anything red.shop"],
  ["GET /anything\nhost: ported.shop-mesh.io:8443", "red /anything red.shop"],
  ["GET /red HTTP/1.0", "red /red paths.shop"],
];

const BROKEN: readonly Row[] = [
  ["GET /missing", 503],
  ["GET /missing/x", 503],
  ["GET /no-port", 503],
  ["GET /wrong-port", 503],
  ["GET /no-provider", 404],
  ["GET /bad/x", 404],
  ["GET /red\nhost: a.example.com", "red /red paths.shop"],
  ["GET /red\nhost: www.example.com..", "red /red paths.shop"],
  ["GET /unspeakable", "green / www.shop-mesh.io"],
  ["GET /foreign", 404],
  ["GET /unlabelled", 404],
  ["GET /limited", 404],
  ["GET /two/x", 404],
];

const FORGED: readonly Row[] = [
  ["GET /paths/blue\nx-outrigger-service: green.shop:1", "blue /blue paths.shop"],
  ["GET /none\nx-outrigger-service: green.shop:1", 404],
  ["GET /paths/blue\nx-outrigger-service: a:1\nX-OUTRIGGER-SERVICE: green.shop:1", "blue /blue paths.shop"],
  ["GET /paths/blue\nx_outrigger_service: green.shop:1", "blue /blue paths.shop"],
  ["GET /paths/blue\nX-Outrigger-Service: green.shop:1\nconnection: x-outrigger-service", "blue /blue paths.shop"],
  ["GET /paths/blue\nconnection: upgrade, x-outrigger-service\nupgrade: websocket", 101],
  ["GET /paths/blue\nx-outrigger-service-and-more: x", "blue /blue paths.shop"],
  ["GET /paths/blue\nx-envoy-original-path: /secret", "blue /blue paths.shop"],
  ["GET /paths/blue\nx-envoy-upstream-alt-stat-name: x", "blue /blue paths.shop"],
  ["GET /slow\nx-envoy-upstream-rq-timeout-ms: 60000", 504],
  ["GET /slow\nx-envoy-expected-rq-timeout-ms: 60000", 504],
  ["GET /missing\nx-envoy-upstream-rq-timeout-alt-response: 1", 503],
];

describe.each(Object.entries({ SEVEN, PATHS, HOSTS, BROKEN, FORGED }))("%s", (_, rows) => {
  test.each(rows)("%j: %s", async (request, answer) => {
    expect(said(await ask(ports.main, request))).toBe(answer);
  });
});

test("a host with routes of its own falls through to those for its end, and to those for every host", async () => {
  const answered = async (path: string, host: string) => said(await ask(ports.main, `GET ${path}\nhost: ${host}`));
  expect(await answered("/only", "www.example.com")).toBe("white / white.shop");
  expect(await answered("/sub/x", "www.example.com")).toBe("yellow /x yellow.shop");
  expect(await answered("/paths/blue", "www.example.com")).toBe("blue /blue paths.shop");
  expect(await answered("/only", "a.example.com")).toBe(404);
});

test("apps see neither the header between the passes nor what strangers say to Envoys", async () => {
  const forged = "x-outrigger-service: a:1\nx-envoy-retry-on: 5xx\nx-envoy-force-trace: 1\nx-envoy-hello: 1";
  const answer = await ask(ports.main, `GET /v1/x\n${forged}`);
  const seen = JSON.parse(answer.headers.get("x-headers") ?? "") as IncomingHttpHeaders;
  // what is left says Envoy itself
  const own = { "x-envoy-original-host": "www.shop-mesh.io", "x-envoy-expected-rq-timeout-ms": "15000" };
  expect(Object.fromEntries(Object.entries(seen).filter(([name]) => /^x-(outrigger|envoy)/.test(name)))).toEqual(own);
});

test("a second pass that is asked without the header, or with one that nobody has, answers 404", async () => {
  const admin = await mesh.envoy("door").admin("/listeners?format=json");
  const second = /"lds_egress_0.0.0.0_15001".*?"port_value":\s*(\d+)/s.exec(admin)?.[1];
  const answers = [
    await ask(Number(second), "GET /blue\nhost: paths.shop"),
    await ask(Number(second), "GET /blue\nx-outrigger-service: green.shop:1"),
  ];
  expect(answers.map(({ status }) => status)).toEqual([404, 404]);
});

describe("time-outs", () => {
  test.each(["/slow", "/waits"])("of the target end a request to %s, whatever becomes of the host", async (path) => {
    const counter = `cluster.cds_egress_shop_slow_shop_http_${ports.apps.slow}.upstream_rq_timeout`;
    const before = (await mesh.envoy("door").stats(counter))[counter] ?? 0;
    expect((await ask(ports.main, `GET ${path}`)).status).toBe(504);
    // counted where it was waited for, so that outlier detection knows
    await comesTrue(async () => expect((await mesh.envoy("door").stats(counter))[counter]).toBe(before + 1));
  });
});

test("statistics of both passes have App Mesh's names", async () => {
  await ask(ports.main, "GET /paths/blue");
  const own = `cluster.cds_ingress_shop_door_shop_self_redirect_${ports.main}_http_15001.upstream_rq_total`;
  const names = [
    `http.ingress.http.${ports.main}.downstream_rq_total`,
    "http.egress.downstream_rq_total",
    `listener.0.0.0.0_${ports.main}.downstream_cx_total`,
    "listener.0.0.0.0_15001.downstream_cx_total",
    own,
    `cluster.cds_egress_shop_blue_shop_http_${ports.apps.blue}.upstream_rq_total`,
  ];
  for (const name of names) expect((await mesh.envoy("door").stats(name))[name], name).toBeGreaterThan(0);
});

test("what is more than a listener's pool is answered with 503, and other listeners do not notice", async () => {
  const all = await Promise.all(Array.from({ length: 6 }, () => ask(ports.limited, "GET /limited")));
  // each thread of Envoy may always have one connection, so that more than two may be waited for
  expect(new Set(all.map(({ status }) => status))).toEqual(new Set([503, 504]));
  expect(said(await ask(ports.main, "GET /red"))).toBe("red /red paths.shop");
});

describe("the address of a client", () => {
  const from = async (port: number, path: string): Promise<IncomingHttpHeaders> => {
    const answer = await ask(port, `GET ${path}\nx-forwarded-for: 203.0.113.7\nx-forwarded-proto: https`);
    return JSON.parse(answer.headers.get("x-headers") ?? "") as IncomingHttpHeaders;
  };

  test("is what somebody before the gateway wrote", async () => {
    const seen = await from(ports.main, "/v1/x");
    expect(seen).toMatchObject({ "x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https" });
  });

  test("is that of the connection where the annotation says so", async () => {
    const seen = await from(ports.edge, "/");
    // of a connection over loopback Envoy writes an address of the machine
    expect(seen["x-forwarded-for"]).toMatch(/^203\.0\.113\.7,[0-9.]+$/);
    expect(seen["x-forwarded-proto"]).toBe("http");
  });
});

test("each gateway has its own routes alone", async () => {
  expect(said(await ask(ports.edge, "GET /paths/blue"))).toBe("green /paths/blue green.shop");
});

describe("HTTP/2 and gRPC", () => {
  const GRPC = { "content-type": "application/grpc", te: "trailers" };

  test("a route of HTTP/2 on its listener, to apps of either version", async () => {
    expect(await over2(ports.http2, "/two/x")).toMatchObject({ status: 200, node: "calls", path: "/x" });
    expect(await over2(ports.http2, "/one/x")).toMatchObject({ status: 200, node: "blue", path: "/x" });
    expect((await over2(ports.http2, "/paths/blue")).status).toBe(404);
    expect(said(await ask(ports.http2, "GET /one/x"))).toBe("blue /x blue.shop");
  });

  test("a client of HTTP/2 is heard on a listener of HTTP, and not what it says to the second pass", async () => {
    expect(await over2(ports.main, "/paths/blue")).toMatchObject({ status: 200, node: "blue", path: "/blue" });
    const forged = { "x-outrigger-service": [`green.shop:${ports.apps.green}`, "a:1"] };
    expect(await over2(ports.main, "/paths/blue", forged)).toMatchObject({ status: 200, node: "blue", path: "/blue" });
  });

  test.each([
    ["of a service", "/shop.Catalogue/List", {}, "0"],
    ["of another service", "/shop.Catalogue2/List", {}, "12"],
    ["with metadata", "/shop.Versions/List", { version: "v2" }, "0"],
    ["with other metadata", "/shop.Versions/List", { version: "v1" }, "12"],
    ["to a host", "/any.Service/Call", { ":authority": "calls.example.com" }, "0"],
    ["to another host", "/any.Service/Call", { ":authority": "other.example.com" }, "12"],
    ["to an app that cannot", "/shop.Old/Call", {}, "14"],
  ])("a call %s", async (_, path, metadata, status) => {
    expect(await over2(ports.grpc, path, { ...GRPC, ...metadata })).toMatchObject({ status: 200, grpcStatus: status });
  });

  test("a request that is no call finds no route of gRPC", async () => {
    expect((await over2(ports.grpc, "/shop.Catalogue/List")).status).toBe(404);
  });
});

test("a WebSocket passes both", async () => {
  const { socket, lines } = webSocket(ports.main, "127.0.0.1", "/red/chat", "a");
  await once(socket, "data");
  expect(lines.join("")).toMatch(/^HTTP\/1\.1 101 /);
  socket.write("hello");
  await once(socket, "data");
  expect(lines.at(-1)).toBe("echo hello");
  socket.destroy();
});

test("a route that moves to a service of which the gateway did not know before moves without a failed request", async () => {
  const statuses = new Set<number>();
  let isOver = false;
  const load = (async () => {
    while (!isOver) statuses.add((await ask(ports.main, "GET /moved")).status);
  })();
  for (const app of ["yellow", "red", "white"] as const) {
    await mesh.change(gatewayManifest(ports, app));
    await comesTrue(async () => expect(said(await ask(ports.main, "GET /moved"))).toBe(`${app} / ${app}.shop`));
  }
  isOver = true;
  await load;
  expect([...statuses]).toEqual([200]);
  expect(mesh.rejections()).toEqual([]);
});

/** Sends a first line and headers; without a host it is one of nobody. */
function ask(port: number, request: string): Promise<RawAnswer> {
  const [first = "", ...headers] = request.split("\n");
  const line = / HTTP\/1\.\d$/.test(first) ? first : `${first} HTTP/1.1`;
  const isNamed = line.endsWith("1.0") || headers.some((header) => header.startsWith("host:"));
  return rawRequest(port, [line, ...(isNamed ? [] : ["host: www.shop-mesh.io"]), ...headers]);
}

function said({ status, headers }: RawAnswer): string | number {
  if (status !== 200) return status;
  return ["x-node", "x-path", "x-host"].map((name) => headers.get(name) ?? "").join(" ");
}

async function httpApp(node: App, port: number): Promise<Server> {
  const server = createHttpServer((asked, answer) => {
    if (node === "slow") return;
    const { host = "" } = asked.headers;
    answer
      .setHeader("x-node", node)
      .setHeader("x-path", asked.url ?? "")
      .setHeader("x-host", host);
    answer.setHeader("x-headers", JSON.stringify(asked.headers));
    asked.resume().on("end", () => answer.end());
  });
  echoUpgrades(server);
  await once(server.listen(port, "127.0.0.1"), "listening");
  return server;
}

/** Takes nothing but HTTP/2; calls end with a status in trailers. */
async function grpcApp(port: number): Promise<NetServer> {
  const server = createServer();
  server.on("stream", (stream, headers) => {
    const shown = { "x-node": "calls", "x-path": String(headers[":path"]), "x-host": String(headers[":authority"]) };
    stream.on("error", () => stream.close());
    stream.resume().on("end", () => {
      const isCall = headers["content-type"] === "application/grpc";
      stream.respond(
        { ":status": 200, "content-type": headers["content-type"] ?? "text/plain", ...shown },
        {
          waitForTrailers: isCall,
        },
      );
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end("x");
    });
  });
  await once(server.listen(port, "127.0.0.1"), "listening");
  return server;
}

interface Call {
  readonly status: number | undefined;
  readonly node: string;
  readonly path: string;
  readonly grpcStatus: string | undefined;
}

async function over2(port: number, path: string, headers: Record<string, string | string[]> = {}): Promise<Call> {
  const asked = { ":path": path, ":authority": "www.shop-mesh.io", ...headers };
  const { headers: answered, grpcStatus } = await callHttp2(port, "127.0.0.1", asked);
  return {
    status: answered[":status"],
    node: String(answered["x-node"]),
    path: String(answered["x-path"]),
    grpcStatus,
  };
}
