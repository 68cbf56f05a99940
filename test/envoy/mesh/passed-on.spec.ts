import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import { connect, createServer, type Server as NetServer, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePorts } from "../../../testbed/process/free-port.ts";
import { appMeshObject, backends, documents, listening, SHOP, serviceOfNode } from "../../shop-manifest.ts";
import { type TestAuthority, testAuthority } from "../authority.ts";
import { eventually } from "../envoy-process.ts";
import { openConnection } from "./raw-connection.ts";
import { type Sidecars, sidecars } from "./sidecars.ts";
import { type TlsFiles, tlsFiles } from "./tls-files.ts";

/* What apps say to each other besides what routes look at: it passes two real sidecars, or a gateway and one, as if there were none. */

const AT = "127.0.0.1";
const CALLED = "127.0.0.3";
const TAKEN = "127.0.0.2";
const HOST = "back.shop.svc.cluster.local";
const DOOR = "door.example.com";
/** Of headers and trailers of an answer, beyond the 60 KiB over HTTP/2 and the 80 KiB over HTTP/1 that Envoy takes where nothing is said. */
const LONG = "x".repeat(200_000);
const MOST_HEADERS = 1_000_000;
/** 100 KB over HTTP/2: no header alone may have more than 64 KiB there, and Node.js takes no more than 8 frames of 16 KiB. */
const PIECES = Object.fromEntries(Array.from({ length: 5 }, (_, index) => [`x-long-${index}`, LONG.slice(0, 20_000)]));

let port: Readonly<Record<"http" | "grpc" | "tcp" | "door" | "plainDoor", number>>;
let files: TlsFiles;
let mesh: Sidecars;
let authority: TestAuthority;
const servers: NetServer[] = [];
/** Connections of the app over HTTP/1 that were ended by who opened them. */
let ended = 0;

beforeAll(async () => {
  const [http = 0, grpc = 0, tcp = 0, door = 0, plainDoor = 0, second = 0] = await freePorts(6);
  port = { http, grpc, tcp, door, plainDoor };
  files = await tlsFiles();
  authority = await testAuthority();
  await files.issue("door", authority, { type: "dns", value: DOOR });
  servers.push(await httpApp(), await grpcApp(), await tcpApp());
  const taken = [http, grpc, tcp];
  mesh = await sidecars(manifest(), {
    hosts: { [HOST]: [TAKEN] },
    sidecars: {
      front: { calls: taken.map((each) => [CALLED, each] as const) },
      back: { takes: taken.map((each) => [TAKEN, each] as const) },
    },
    gateways: { door: { at: AT, ports: [door, plainDoor], second: [AT, second] } },
  });
});

afterAll(async () => {
  await mesh?.stop();
  for (const server of servers) server.close();
  await files?.remove();
});

function manifest(): string {
  const listener = (number: number, protocol: string, rest = "") =>
    `{ portMapping: { port: ${number}, protocol: ${protocol} }${rest} }`;
  const secret = `, tls: { mode: STRICT, certificate: { ${files.certificate("door")} } }`;
  const route = (prefix: string, to: number) => [
    "httpRoute:",
    `  match: { prefix: ${prefix} }`,
    `  action: { target: { port: ${to}, virtualService: { virtualServiceRef: { name: back } } } }`,
  ];
  const listeners = [listener(port.http, "http"), listener(port.grpc, "grpc"), listener(port.tcp, "tcp")];
  return documents(
    SHOP,
    appMeshObject("VirtualGateway", "door", [
      "namespaceSelector: {}",
      `listeners: [${listener(port.door, "http", secret)}, ${listener(port.plainDoor, "http")}]`,
    ]),
    appMeshObject("GatewayRoute", "grpc", route("/grpc/", port.grpc)),
    appMeshObject("GatewayRoute", "http", route("/", port.http)),
    serviceOfNode("back"),
    appMeshObject("VirtualNode", "front", [backends("back")]),
    appMeshObject("VirtualNode", "back", listening(listeners, HOST)),
  );
}

/** It answers with what it was asked. */
async function httpApp(): Promise<Server> {
  const server = createHttpServer((asked: IncomingMessage, answer: ServerResponse) => {
    if (asked.url === "/long") answer.setHeader("x-long", LONG);
    const { connection, upgrade, expect: expected } = asked.headers;
    asked.resume().on("end", () => {
      answer.writeHead(200, { trailer: "x-sum" });
      answer.write(JSON.stringify({ connection, upgrade, expected, trailers: asked.trailers }));
      answer.addTrailers({ "x-sum": "42" });
      answer.end();
    });
  });
  server.keepAliveTimeout = 600_000;
  server.on("connection", (socket: Socket) => socket.on("end", () => (ended += 1)));
  await once(server.listen(port.http, AT), "listening");
  return server;
}

async function grpcApp(): Promise<NetServer> {
  const server = createHttp2Server({ maxSendHeaderBlockLength: MOST_HEADERS });
  server.on("stream", (stream, headers) => {
    if (headers[":path"]?.endsWith("/long") === true) {
      stream.respond({ ":status": 200, ...PIECES }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers(PIECES));
      stream.end();
      return;
    }
    stream.respond({ ":status": 200 });
    stream.end(`${headers[":scheme"]} ${String(headers["x-forwarded-proto"])}`);
  });
  await once(server.listen(port.grpc, AT), "listening");
  return server as unknown as NetServer;
}

/** It answers when its client has said all. */
async function tcpApp(): Promise<NetServer> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let all = "";
    socket.on("error", () => socket.destroy()).on("data", (data: Buffer) => (all += data.toString()));
    socket.on("end", () => socket.end(`heard ${all}`));
  });
  await once(server.listen(port.tcp, AT), "listening");
  return server;
}

/** All that is answered to a request as it stands, after which the connection is closed. */
async function answered(to: readonly [address: string, port: number], head: string, rest = ""): Promise<string> {
  const socket = openConnection(to[1], to[0]);
  let all = "";
  socket.on("data", (data: Buffer) => (all += data.toString()));
  socket.write(`${head.replaceAll("\n", "\r\n")}\r\nconnection: close\r\n\r\n${rest}`);
  await once(socket, "close");
  return all;
}

const WAYS = ["two sidecars", "a gateway"] as const;

/** Where a request goes for each way, and the host that it names. */
function way(name: (typeof WAYS)[number]) {
  return name === "a gateway"
    ? ({ to: [AT, port.plainDoor], host: DOOR } as const)
    : ({ to: [CALLED, port.http], host: "back.shop" } as const);
}

describe.each(WAYS)("through %s", (name) => {
  // Apache's HttpClient offers the first one in each request, Java's own the last one
  test.each(["TLS/1.2", "tls/1.3, TLS/1.2", "TLS/1.2, HTTP/2.0", "h2c"])(
    "a client that offers to go on with %s is answered without, and the app hears no offer",
    async (upgrade) => {
      const { to, host } = way(name);
      const answer = await answered(to, `GET / HTTP/1.1\nhost: ${host}\nupgrade: ${upgrade}\nconnection: upgrade`);
      expect(answer).toMatch(/^HTTP\/1\.1 200 /);
      expect(answer).not.toContain('"upgrade"');
    },
  );

  test("trailers pass, of a request and of its answer", async () => {
    const { to, host } = way(name);
    const head = `POST / HTTP/1.1\nhost: ${host}\nte: trailers\ntransfer-encoding: chunked\ntrailer: x-count`;
    const answer = await answered(to, head, "3\r\nabc\r\n0\r\nx-count: 3\r\n\r\n");
    expect(answer).toContain('"trailers":{"x-count":"3"}');
    expect(answer).toMatch(/\r\n0\r\nx-sum: 42\r\n\r\n$/);
  });

  test("an answer may have headers of 200 KB", async () => {
    const { to, host } = way(name);
    expect(await answered(to, `GET /long HTTP/1.1\nhost: ${host}`)).toContain(`x-long: ${LONG}\r\n`);
  });

  test("over HTTP/2 headers and trailers of 100 KB, as details of errors of gRPC are", async () => {
    const { to, host } = way(name);
    const [address] = to;
    const on = name === "a gateway" ? port.plainDoor : port.grpc;
    const session = connectHttp2(`http://${address}:${on}`, { settings: { maxHeaderListSize: MOST_HEADERS } });
    const stream = session.request({ ":path": "/grpc/long", ":authority": host, te: "trailers" });
    const heard: unknown[] = [];
    stream.on("response", (headers) => heard.push(headers)).on("trailers", (trailers) => heard.push(trailers));
    await once(stream.resume(), "close");
    session.close();
    expect(heard).toMatchObject([PIECES, PIECES]);
  });

  test("who waits to be told to go on is told by Envoy, as App Mesh had it", async () => {
    const { to, host } = way(name);
    const head = `POST / HTTP/1.1\nhost: ${host}\nexpect: 100-continue\ncontent-length: 3`;
    const answer = await answered(to, head, "abc");
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
    expect(answer).not.toContain('"expected"');
  });
});

test("an app over HTTP/2 hears the scheme of its own connection, and of the client's beside it", async () => {
  const session = connectHttp2(`https://${AT}:${port.door}`, { servername: DOOR, ca: authority.pem });
  const stream = session.request({ ":path": "/grpc/", ":authority": DOOR });
  let body = "";
  stream.setEncoding("utf8").on("data", (text: string) => (body += text));
  await once(stream, "end");
  session.close();
  expect(body).toBe("http https");
  const said = "GET / HTTP/1.1\nhost: back.shop\nx-forwarded-proto: https";
  expect(await answered([CALLED, port.grpc], said)).toContain("http https");
});

test("the sidecar closes a quiet connection to its app before the app would, so that no request meets its end", async () => {
  const before = ended;
  expect(await answered([TAKEN, port.http], "GET / HTTP/1.1\nhost: any")).toMatch(/^HTTP\/1\.1 200 /);
  // this app does after ten minutes
  await eventually(
    () => Promise.resolve(ended),
    (count) => count > before,
  );
  // gunicorn does after 2 s, Node.js after 5 s
  const clusters = JSON.parse(await mesh.envoy("back").admin("/config_dump?resource=dynamic_active_clusters")) as {
    readonly configs: readonly { readonly cluster: { readonly name: string } }[];
  };
  const own = clusters.configs.find(({ cluster }) => cluster.name === `cds_ingress_shop_back_shop_http_${port.http}`);
  expect(JSON.stringify(own)).toContain('"idle_timeout":"1s"');
});

test("a client of TCP that has said all is still answered", async () => {
  const socket = connect({ port: port.tcp, host: CALLED, allowHalfOpen: true });
  let all = "";
  socket.on("data", (data: Buffer) => (all += data.toString()));
  socket.end("everything");
  await once(socket, "end");
  expect(all).toBe("heard everything");
});

test("a quiet connection to another pod is kept alive by the kernel", async () => {
  const socket = openConnection(port.tcp, CALLED);
  const hex = port.tcp.toString(16).toUpperCase().padStart(4, "0");
  // columns of /proc/net/tcp: the other end, established, queues, and the timer that runs: 2 is the one of keepalive
  const kept = new RegExp(` 0200007F:${hex} 01 \\S+ 02:`);
  await eventually(
    () => readFile("/proc/net/tcp", "utf8"),
    (table) => kept.test(table),
  );
  socket.destroy();
});
