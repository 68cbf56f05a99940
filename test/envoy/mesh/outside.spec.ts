import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../../testbed/process/free-port.ts";
import { appMeshObject, backends, documents, listening, shop } from "../../shop-manifest.ts";
import { ask } from "../ask.ts";
import { testAuthority } from "../authority.ts";
import { eventually } from "../envoy-process.ts";
import { callHttp2 } from "./http2-call.ts";
import { answeringGrpc, anything, greeting } from "./plain-servers.ts";
import { heard, openConnection } from "./raw-connection.ts";
import { type Sidecars, sidecars } from "./sidecars.ts";

/*
 * What else an app may call on a port on which it calls services of its mesh: TLS, servers that speak first, TCP services. All are on
 * one port, at addresses of loopback that stand for those of Services.
 */

const SERVICES = { api: "127.0.0.3", db: "127.0.0.4", cache: "127.0.0.5" };
const ELSEWHERE = "127.0.0.6";
const CALLED = [...Object.values(SERVICES), ELSEWHERE];
/** Where the apps are. */
const HOSTS = {
  "api.shop.svc.cluster.local": "127.0.0.13",
  "db.shop.svc.cluster.local": "127.0.0.14",
  "cache.shop.svc.cluster.local": "127.0.0.15",
};

let port: number;
let outside: Server;
let roots: string;
let mesh: Sidecars | undefined;
const servers: Server[] = [];
const opened: Socket[] = [];

beforeAll(async () => {
  const authority = await testAuthority();
  const certificate = await authority.issue({ type: "dns", value: "localhost" });
  roots = authority.pem;
  port = await freePort();
  outside = anything(certificate).listen(0, "127.0.0.1");
  servers.push(
    outside,
    createHttpServer((_, answer) => void answer.end("api")).listen(port, HOSTS["api.shop.svc.cluster.local"]),
    greeting("db").listen(port, HOSTS["db.shop.svc.cluster.local"]),
    greeting("cache").listen(port, HOSTS["cache.shop.svc.cluster.local"]),
  );
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

async function start(
  filter: "ALLOW_ALL" | "DROP_ALL",
  protocols: Readonly<Partial<Record<keyof typeof SERVICES, string>>>,
  to: Server = outside,
) {
  mesh = await sidecars(manifest(filter, protocols), {
    hosts: Object.fromEntries(Object.entries(HOSTS).map(([host, address]) => [host, [address]])),
    sidecars: { web: { calls: CALLED.map((address) => [address, port] as const) } },
    outside: (to.address() as AddressInfo).port,
  });
}

function manifest(
  filter: string,
  protocols: Readonly<Partial<Record<keyof typeof SERVICES, string>>>,
  addresses: Readonly<Record<string, string>> = SERVICES,
): string {
  const services = Object.entries(protocols).map(([name, protocol]) => {
    const hostname = `${name}.shop.svc.cluster.local`;
    return documents(
      appMeshObject(
        "VirtualNode",
        name,
        listening([`{ portMapping: { port: ${port}, protocol: ${protocol} } }`], hostname),
      ),
      appMeshObject("VirtualService", name, [
        `awsName: ${hostname}`,
        `provider: { virtualNode: { virtualNodeRef: { name: ${name} } } }`,
      ]),
      `apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop }
spec: { clusterIP: ${addresses[name]}, ports: [{ port: ${port} }] }
`,
    );
  });
  return documents(
    shop(`, egressFilter: { type: ${filter} }`),
    appMeshObject("VirtualNode", "web", [backends(...Object.keys(protocols))]),
    ...services,
  );
}

/** A server that is outside, for one test. */
async function elsewhere(server: Server): Promise<Server> {
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return server;
}

async function get(address: string, host: string): Promise<string> {
  const { status, body } = await ask({ host: address, port, path: "/", headers: { host } });
  return status === 200 ? body : String(status);
}

function open(address: string): Socket {
  const socket = openConnection(port, address);
  opened.push(socket);
  return socket;
}

async function overTls(address: string): Promise<string> {
  const socket = connectTls({ host: address, port, ca: roots, servername: "localhost" });
  opened.push(socket);
  return await heard(socket).catch(() => "failed");
}

const API = "api.shop.svc.cluster.local";

describe("ALLOW_ALL, and the HTTP services of the port have addresses of their own", () => {
  test("they are routed by host, and what goes elsewhere leaves as it came, whatever is spoken", async () => {
    await start("ALLOW_ALL", { api: "http" });
    expect(await get(SERVICES.api, API)).toBe("api");
    expect(await get(SERVICES.api, "nobody.example.com")).toBe("outside nobody.example.com");
    expect(await get(ELSEWHERE, "nobody.example.com")).toBe("outside nobody.example.com");
    expect(await overTls(ELSEWHERE)).toBe("secret");
    expect(await heard(open(ELSEWHERE))).toBe("welcome outside");
  });

  test("TCP services of the port have their own addresses' connections", async () => {
    await start("ALLOW_ALL", { api: "http", db: "tcp", cache: "tcp" });
    const held = [open(SERVICES.db), open(SERVICES.cache), open(ELSEWHERE)];
    expect(await Promise.all(held.map(heard))).toEqual(["welcome to db", "welcome to cache", "welcome outside"]);
    expect(await get(SERVICES.api, API)).toBe("api");
    expect(await overTls(ELSEWHERE)).toBe("secret");
  });

  test("a call of gRPC by a service's short name, which is nobody's of the mesh, leaves as HTTP/2", async () => {
    await start("ALLOW_ALL", { api: "grpc" }, await elsewhere(answeringGrpc("outside")));
    const call = { ":path": "/shop.Api/Get", ":authority": "api", "content-type": "application/grpc", te: "trailers" };
    expect(await callHttp2(port, SERVICES.api, call)).toMatchObject({ grpcStatus: "0", body: "outside" });
  });

  test("a request over HTTP/1 that leaves is answered as it was: letters of headers, many of them, trailers", async () => {
    const many = Array.from({ length: 200 }, (_, index) => `X-Many-${index}: v`).join("\r\n");
    const head = `HTTP/1.1 200 Fine\r\nX-API-Version: 2\r\n${many}\r\ntransfer-encoding: chunked\r\n\r\n`;
    const old = createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.once("data", () => socket.end(`${head}2\r\nok\r\n0\r\nx-sum: 42\r\n\r\n`));
    });
    await start("ALLOW_ALL", { api: "http" }, await elsewhere(old));
    const socket = open(SERVICES.api);
    let all = "";
    socket.on("data", (data: Buffer) => (all += data.toString()));
    socket.write("GET / HTTP/1.1\r\nhost: api\r\nte: trailers\r\nconnection: close\r\n\r\n");
    await once(socket, "close");
    expect(all).toMatch(/^HTTP\/1\.1 200 Fine\r\nX-API-Version: 2\r\n/);
    expect(all).toContain(`${many}\r\n`);
    expect(all).toMatch(/\r\n0\r\nx-sum: 42\r\n\r\n$/);
  });

  test("an address that moves, and a service that gets pods' addresses, change what is taken and close nothing", async () => {
    await start("ALLOW_ALL", { api: "http" });
    const held = open(ELSEWHERE);
    expect(await heard(held)).toBe("welcome outside");
    await updated(manifest("ALLOW_ALL", { api: "http" }, { api: ELSEWHERE }), ELSEWHERE);
    expect(await get(ELSEWHERE, API)).toBe("api");
    expect(await get(SERVICES.api, API)).toBe(`outside ${API}`);
    await updated(manifest("ALLOW_ALL", { api: "http" }, { api: "None" }), SERVICES.api);
    expect(await get(SERVICES.api, API)).toBe("api");
    expect(await get(ELSEWHERE, API)).toBe("api");
    expect(await overTls(ELSEWHERE)).toBe("failed");
    expect(held.destroyed).toBe(false);
    const draining = "listener_manager.total_filter_chains_draining";
    expect(await mesh?.envoy("web").stats(draining)).toEqual({ [draining]: 0 });
  });
});

describe("DROP_ALL", () => {
  test("TCP services that speak first and HTTP share a port, and nothing else goes out", async () => {
    await start("DROP_ALL", { api: "http", db: "tcp", cache: "tcp" });
    const db = open(SERVICES.db);
    expect(await heard(db)).toBe("welcome to db");
    db.write("select 1");
    expect(await heard(db)).toBe("db heard select 1");
    expect(await heard(open(SERVICES.cache))).toBe("welcome to cache");
    expect(await get(SERVICES.api, API)).toBe("api");
    expect(await get(ELSEWHERE, "nobody.example.com")).toBe("404");
    expect(await overTls(ELSEWHERE)).toBe("failed");
  });
});

/** Changes the mesh, and resolves once the listener is the new one, by which the service is at an address: its thread takes it up after it is counted. */
async function updated(next: string, address: string): Promise<void> {
  const updates = "listener_manager.listener_in_place_updated";
  const stats = async () => (await mesh?.envoy("web").stats(updates))?.[updates] ?? 0;
  const before = await stats();
  await mesh?.change(next);
  await eventually(stats, (now) => now === before + 1);
  await eventually(
    () => get(address, API),
    (answer) => answer === "api",
  );
}
