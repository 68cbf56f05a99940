import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { createServer, type Server } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePorts } from "../../../testbed/process/free-port.ts";
import { frontAndBack } from "../../shop-manifest.ts";
import { testAuthority } from "../authority.ts";
import { answeringGrpc } from "./plain-servers.ts";
import { heard, openConnection } from "./raw-connection.ts";
import { type Sidecars, sidecars } from "./sidecars.ts";
import { type TlsFiles, tlsFiles } from "./tls-files.ts";

/* TLS of listeners that speak HTTP/2, gRPC and TCP, between two real Envoys; and servers that speak first on ports that take both. */

const CALLED = "127.0.0.3";
const TAKEN = "127.0.0.2";
const HOST = "back.shop.svc.cluster.local";
const KINDS = ["http2", "grpc", "tcp", "bothTcp"] as const;

let port: Readonly<Record<(typeof KINDS)[number], number>>;
let files: TlsFiles;
let mesh: Sidecars;
const servers: Server[] = [];

beforeAll(async () => {
  files = await tlsFiles();
  const authority = await testAuthority();
  await files.write("ca.pem", authority.pem);
  await files.issue("back", authority, { type: "dns", value: HOST });
  const numbers = await freePorts(KINDS.length);
  port = Object.fromEntries(KINDS.map((kind, index) => [kind, numbers[index]])) as typeof port;
  for (const kind of KINDS) {
    const server = kind === "http2" || kind === "grpc" ? answeringGrpc("back") : greeter();
    await once(server.listen(port[kind], "127.0.0.1"), "listening");
    servers.push(server);
  }
  const listener = (kind: (typeof KINDS)[number], protocol: string, mode: string) =>
    `{ portMapping: { port: ${port[kind]}, protocol: ${protocol} }, tls: { mode: ${mode}, certificate: { ${files.certificate("back")} } } }`;
  const listeners = [
    listener("http2", "http2", "STRICT"),
    listener("grpc", "grpc", "STRICT"),
    listener("tcp", "tcp", "STRICT"),
    listener("bothTcp", "tcp", "PERMISSIVE"),
  ];
  const policy = `backendDefaults: { clientPolicy: { tls: { validation: { trust: { ${files.trust("ca")} } } } } }`;
  mesh = await sidecars(frontAndBack(listeners, HOST, { front: [policy] }), {
    hosts: { [HOST]: [TAKEN] },
    sidecars: {
      front: { calls: KINDS.map((kind) => [CALLED, port[kind]] as const) },
      back: { takes: KINDS.map((kind) => [TAKEN, port[kind]] as const) },
    },
  });
});

afterAll(async () => {
  await mesh?.stop();
  for (const server of servers) server.close();
  await files?.remove();
});

/** A server that speaks first. */
function greeter(): Server {
  return createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.write("hello\n");
  });
}

test.each(["http2", "grpc"] as const)("%s", async (kind) => {
  const session = connectHttp2(`http://${CALLED}:${port[kind]}`);
  const headers = { ":method": "POST", ":authority": "back.shop", "content-type": "application/grpc", te: "trailers" };
  const stream = session.request({ ":path": "/a.B/C", ...headers });
  const trailers = once(stream, "trailers");
  stream.resume().end();
  expect((await trailers)[0]).toMatchObject({ "grpc-status": "0" });
  session.close();
});

describe("TCP", () => {
  test.each(["tcp", "bothTcp"] as const)("of a server that speaks first: %s", async (kind) => {
    expect(await heard(openConnection(port[kind], CALLED))).toBe("hello");
  });

  test("on a port that takes both, straight to it: without TLS, after a moment, and with it", async () => {
    expect(await heard(openConnection(port.bothTcp, TAKEN))).toBe("hello");
    const socket = connectTls({ host: TAKEN, port: port.bothTcp, rejectUnauthorized: false });
    expect(await heard(socket)).toBe("hello");
    socket.destroy();
  });

  test("on a port that takes TLS alone nothing is heard without", async () => {
    const socket = openConnection(port.tcp, TAKEN);
    socket.write("anything that is no TLS\n");
    expect(await heard(socket)).not.toContain("hello");
  });
});
