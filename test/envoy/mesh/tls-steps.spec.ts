import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePorts } from "../../../testbed/process/free-port.ts";
import { comesTrue } from "../../comes-true.ts";
import { appMeshObject, documents, listening, routedService, SHOP, toNode } from "../../shop-manifest.ts";
import { testAuthority } from "../authority.ts";
import { ChangingTls } from "./changing-tls.ts";
import { answeringGrpc } from "./plain-servers.ts";
import { sidecars } from "./sidecars.ts";
import { type TlsFiles, tlsFiles } from "./tls-files.ts";
import { type Load, loadOf } from "./tls-load.ts";

/*
 * TLS of a node changes while two proxies call two of its own, over HTTP, gRPC and TCP, and nothing is tried twice. One proxy of each side takes
 * what it gets much later than the others.
 */

const HOST = "back.shop.svc.cluster.local";
const TAKEN = ["127.0.0.2", "127.0.0.4"] as const;
const CALLED = ["127.0.0.3", "127.0.0.5"] as const;
const KINDS = ["http", "grpc", "tcp"] as const;
type Kind = (typeof KINDS)[number];

/** Where the node listens by kind, at first and after it has moved; the app is at both. Clients go on calling the first ones. */
let port: Readonly<Record<Kind, number>>;
let moved: Readonly<Record<Kind, number>>;
let files: TlsFiles;
let mesh: ChangingTls;
const servers: Server[] = [];

/** How the node listens and how it is called; each of them works by itself. */
type Way = readonly [listener: string | undefined, policy: string | undefined];
let ways: Readonly<Record<string, Way>>;

beforeAll(async () => {
  files = await tlsFiles();
  const [one, two] = await Promise.all([testAuthority(), testAuthority()]);
  await files.write("a.pem", one.pem);
  await files.write("b.pem", two.pem);
  await files.issue("a", one, { type: "dns", value: HOST });
  await files.issue("b", two, { type: "dns", value: HOST });
  const tls = (mode: string, name: string, clients?: string) => {
    const validation = clients === undefined ? "" : `, ${trusting(clients)}`;
    return `tls: { mode: ${mode}, certificate: { ${files.certificate(name)} }${validation} }`;
  };
  const trusting = (name: string) => `validation: { trust: { ${files.trust(name)} } }`;
  const showing = (name: string) => `certificate: { ${files.certificate(name)} }`;
  ways = {
    plain: [undefined, undefined],
    permissive: [tls("PERMISSIVE", "a"), undefined],
    strict: [tls("STRICT", "a"), trusting("a")],
    mutual: [tls("STRICT", "a", "a"), `${showing("a")}, ${trusting("a")}`],
    "strict, another authority": [tls("STRICT", "b"), trusting("b")],
    "mutual, another authority": [tls("STRICT", "b", "b"), `${showing("b")}, ${trusting("b")}`],
    "mutual, clients of another authority": [tls("STRICT", "a", "b"), `${showing("b")}, ${trusting("a")}`],
  };
  const numbers = await freePorts(2 * KINDS.length);
  port = Object.fromEntries(KINDS.map((kind, index) => [kind, numbers[index]])) as typeof port;
  moved = Object.fromEntries(KINDS.map((kind, index) => [kind, numbers[KINDS.length + index]])) as typeof port;
  for (const kind of KINDS) {
    for (const number of [port[kind], moved[kind]]) {
      const server = app(kind);
      await once(server.listen(number, "127.0.0.1"), "listening");
      servers.push(server);
    }
  }
  const at = (address: string, ports = port) => KINDS.map((kind) => [address, ports[kind]] as const);
  const everywhere = (address: string) => [...at(address), ...at(address, moved)];
  const started = await sidecars(manifest("plain"), {
    hosts: { [HOST]: TAKEN },
    connectTimeout: "30s",
    sidecars: {
      front: { calls: at(CALLED[0]) },
      frontLate: { of: "front", calls: at(CALLED[1]) },
      back: { takes: everywhere(TAKEN[0]) },
      backLate: { of: "back", takes: everywhere(TAKEN[1]) },
    },
  });
  mesh = new ChangingTls(started, manifest("plain"), {
    front: ["front", "frontLate"],
    back: ["back", "backLate"],
    late: { frontLate: 300, backLate: 400 },
  });
});

afterAll(async () => {
  await mesh?.stop();
  for (const server of servers) server.close();
  await files?.remove();
});

function app(kind: Kind): Server {
  switch (kind) {
    case "http":
      return createHttpServer((_, response) => response.end("back"));
    case "grpc":
      return answeringGrpc("back");
    case "tcp":
      return createServer((socket: Socket) => {
        socket.on("error", () => socket.destroy());
        socket.pipe(socket);
      });
  }
}

function manifest(way: string, at = port): string {
  const [tls, policy] = ways[way] ?? [];
  const listeners = KINDS.map((kind) =>
    `{ portMapping: { port: ${at[kind]}, protocol: ${kind} }, ${tls ?? ""} }`.replace(", }", " }"),
  );
  const clientPolicy = policy === undefined ? [] : [`backendDefaults: { clientPolicy: { tls: { ${policy} } } }`];
  const called = KINDS.map((kind) => `{ virtualService: { virtualServiceRef: { name: ${kind} } } }`);
  const never = "retryPolicy: { maxRetries: 0, perRetryTimeout: { unit: s, value: 15 }, ";
  const routes: Readonly<Record<Kind, string>> = {
    http: `{ name: all, httpRoute: { match: { prefix: / }, ${toNode("back", at.http)}, ${never}httpRetryEvents: [server-error] } } }`,
    grpc: `{ name: all, grpcRoute: { match: {}, ${toNode("back", at.grpc)}, ${never}grpcRetryEvents: [unavailable] } } }`,
    tcp: `{ name: all, tcpRoute: { ${toNode("back", at.tcp)} } }`,
  };
  return documents(
    SHOP,
    appMeshObject("VirtualNode", "front", [`backends: [${called.join(", ")}]`, ...clientPolicy]),
    appMeshObject("VirtualNode", "back", listening(listeners, HOST)),
    ...KINDS.map((kind) =>
      routedService(kind, [`{ portMapping: { port: ${port[kind]}, protocol: ${kind} } }`], [routes[kind]]),
    ),
  );
}

function load(): Load {
  return loadOf(CALLED.map((address) => ({ address, http: port.http, grpc: port.grpc, tcp: port.tcp })));
}

/** Every mode becomes every other one, and certificates and authorities others than they were. */
const CHANGES = [
  ["plain", "permissive"],
  ["permissive", "strict"],
  ["strict", "mutual"],
  ["mutual", "plain"],
  ["plain", "strict"],
  ["strict", "plain"],
  ["plain", "mutual"],
  ["mutual", "permissive"],
  ["permissive", "mutual"],
  ["mutual", "strict"],
  ["strict", "permissive"],
  ["permissive", "plain"],
  ["plain", "strict, another authority"],
  ["strict, another authority", "strict"],
  ["strict", "mutual, another authority"],
  ["mutual, another authority", "mutual"],
  ["mutual", "mutual, clients of another authority"],
  ["mutual, clients of another authority", "plain"],
] as const;

async function losesNothing(before: string, after: string): Promise<void> {
  await mesh.become(before);
  const running = load();
  await running.flows();
  await mesh.become(after);
  await running.flows();
  const { done, failed } = await running.stop();
  expect(failed).toEqual([]);
  for (const kind of ["http", "grpc", "tcp", "open"] as const) expect(done[kind]).toBeGreaterThan(5);
  expect(mesh.rejections()).toEqual([]);
}

test.each(CHANGES)("%s becomes %s, and no request fails and no connection is cut", async (before, after) => {
  await losesNothing(manifest(before), manifest(after));
});

test.each([
  ["strict", "strict"],
  ["plain", "strict"],
  ["strict", "plain"],
  ["permissive", "mutual"],
  ["mutual", "strict, another authority"],
])("%s becomes %s at other ports, and no request fails and no connection is cut", async (before, after) => {
  await losesNothing(manifest(before), manifest(after, moved));
});

test("one of several listeners moves to another port, and no request fails and no connection is cut", async () => {
  await losesNothing(manifest("strict"), manifest("strict", { ...port, http: moved.http }));
});

async function loses(before: string, after: string): Promise<void> {
  await mesh.become(before);
  const running = load();
  await running.flows();
  const isFailing = (kind: string): boolean => running.failed.some((each) => each.startsWith(`${kind}: `));
  await mesh.becomeAtOnce(after, async () => {
    await comesTrue(() => expect(["HTTP", "gRPC", "TCP"].filter(isFailing)).toHaveLength(3));
  });
  await running.stop();
  // from where the steps of the next one begin
  await mesh.becomeAtOnce(before, async () => undefined);
}

test.each([
  ["plain", "strict"],
  ["strict", "plain"],
  ["strict", "mutual"],
  ["strict", "strict, another authority"],
])(
  "without steps %s becomes %s, and requests of each kind fail, so the test of the steps can",
  async (before, after) => {
    await loses(manifest(before), manifest(after));
  },
);

test("without steps listeners move to other ports, and requests of each kind fail, so the test of the steps can", async () => {
  await loses(manifest("strict"), manifest("strict", moved));
});
