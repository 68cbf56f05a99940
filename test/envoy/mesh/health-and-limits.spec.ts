import { once } from "node:events";
import { Agent, createServer as createHttpServer, request } from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server, type IncomingHttpHeaders } from "node:http2";
import { createServer, type Server, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { egressCluster } from "../../../src/xds/translate/names.ts";
import { freePorts } from "../../../testbed/process/free-port.ts";
import { frontAndBack } from "../../shop-manifest.ts";
import { eventually } from "../envoy-process.ts";
import { heard, openConnection } from "./raw-connection.ts";
import { type Sidecars, sidecars } from "./sidecars.ts";

/*
 * Health checks and outlier detection of callers, and connection pools of the called: real Envoys with what nodes of each protocol get.
 * Three apps are behind the name of the called node; the third is the one that is not well.
 */

const PROTOCOLS = ["http", "http2", "grpc", "tcp"] as const;
type Protocol = (typeof PROTOCOLS)[number];
const CALLED = "127.0.0.3";
const APPS = ["127.0.0.21", "127.0.0.22", "127.0.0.23"] as const;
const SICK = APPS[2];
const HOST = "back.shop.svc.cluster.local";
const GRPC = { "content-type": "application/grpc", te: "trailers" };

let ports: Readonly<Record<Protocol | "checked", number>>;
let mesh: Sidecars | undefined;
const servers = new Map<string, Server>();
const opened: { readonly destroy: () => void }[] = [];
/** Addresses of apps whose checks fail, and whose answers to requests are errors. */
const unwell = new Set<string>();
const failing = new Set<string>();
/** Paths of requests that were held, and how to answer them. */
const held: { readonly path: string; readonly answer: () => void }[] = [];

beforeAll(async () => {
  const [http = 0, http2 = 0, grpc = 0, tcp = 0, checked = 0] = await freePorts(5);
  ports = { http, http2, grpc, tcp, checked };
  for (const address of APPS) {
    for (const protocol of PROTOCOLS) await listen(address, protocol);
    await started(`${address} checked`, http1App(address), ports.checked, address);
  }
  // the app behind the sidecar of the tests about pools
  for (const protocol of PROTOCOLS)
    await started(`app ${protocol}`, appOf(protocol, "127.0.0.1"), ports[protocol], "127.0.0.1");
});

afterEach(async () => {
  for (const one of opened.splice(0)) one.destroy();
  for (const { answer } of held.splice(0)) answer();
  unwell.clear();
  failing.clear();
  await mesh?.stop();
  mesh = undefined;
});

afterAll(() => {
  for (const server of servers.values()) server.close();
});

async function listen(address: string, protocol: Protocol): Promise<void> {
  await started(`${address} ${protocol}`, appOf(protocol, address), ports[protocol], address);
}

async function started(name: string, server: Server, port: number, address: string): Promise<void> {
  servers.set(name, server);
  await once(server.listen(port, address), "listening");
}

function appOf(protocol: Protocol, address: string): Server {
  if (protocol === "http") return http1App(address);
  if (protocol !== "tcp") return http2App(address);
  return createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.write(`${address}\n`);
  });
}

function statusOf(address: string, path: string): number {
  if (path === "/healthz") return unwell.has(address) ? 503 : 200;
  return failing.has(address) ? 500 : 200;
}

function http1App(address: string): Server {
  return createHttpServer((asked, response) => {
    const path = asked.url ?? "";
    const answer = (): void => {
      response.statusCode = statusOf(address, path);
      response.end(address);
    };
    if (path.startsWith("/held")) held.push({ path, answer });
    else answer();
  });
}

/** Its answers are gRPC's where it is asked so: health by `grpc.health.v1.Health/Check`. */
function http2App(address: string): Server {
  const server = createHttp2Server();
  server.on("stream", (stream, headers) => {
    const path = String(headers[":path"]);
    stream.on("error", () => stream.close());
    stream.resume().on("end", () => {
      const answer = (): void => {
        if (stream.destroyed) return;
        if (headers["content-type"] !== "application/grpc") {
          stream.respond({ ":status": statusOf(address, path) });
          stream.end(address);
          return;
        }
        stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
        stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
        // a frame of two bytes: field 1 is SERVING or NOT_SERVING
        const isCheck = path === "/grpc.health.v1.Health/Check";
        stream.end(isCheck ? Buffer.from([0, 0, 0, 0, 2, 8, unwell.has(address) ? 2 : 1]) : address);
      };
      if (path.startsWith("/held")) held.push({ path, answer });
      else answer();
    });
  });
  return server as unknown as Server;
}

function listener(protocol: Protocol, rest: string): string {
  return `{ portMapping: { port: ${ports[protocol]}, protocol: ${protocol} }, ${rest} }`;
}

function check(protocol: string, more = ""): string {
  return `healthCheck: { protocol: ${protocol}, path: /healthz, intervalMillis: 5000, timeoutMillis: 60000, healthyThreshold: 2, unhealthyThreshold: 2${more} }`;
}

/** A caller of the three apps. */
async function caller(...listeners: readonly string[]): Promise<void> {
  const calls = PROTOCOLS.map((protocol) => [CALLED, ports[protocol]] as const);
  mesh = await sidecars(frontAndBack(listeners, HOST), { hosts: { [HOST]: APPS }, sidecars: { front: { calls } } });
}

async function stat(protocol: Protocol, name: string, node = "front"): Promise<number> {
  const cluster = egressCluster({ mesh: "shop", node: "back_shop", protocol, port: ports[protocol] });
  const whole = `cluster.${cluster}.${name}`;
  return (await mesh?.envoy(node).stats(`^${whole.replaceAll(".", "\\.")}$`))?.[whole] ?? 0;
}

interface Answer {
  readonly status: number | string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const agent = new Agent({ keepAlive: false });

function over1(protocol: Protocol, path = "/"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: CALLED, port: ports[protocol], path, headers: { host: "back.shop" }, agent };
    const asked = request(options, (answer) => {
      let body = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
    });
    asked.on("error", reject).end();
  });
}

/** The status of gRPC, where it is asked so. */
async function over2(protocol: Protocol, path = "/", headers: Record<string, string> = {}): Promise<Answer> {
  const session = connectHttp2(`http://${CALLED}:${ports[protocol]}`);
  session.on("error", () => session.destroy());
  opened.push(session);
  const stream = session.request({ ":path": path, ":authority": "back.shop", ":method": "POST", ...headers });
  let body = "";
  const answered: IncomingHttpHeaders = {};
  stream.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
  stream.on("response", (found) => Object.assign(answered, found));
  stream.on("trailers", (found) => Object.assign(answered, found));
  stream.end("x");
  await once(stream, "end");
  const status = answered["grpc-status"] ?? answered[":status"];
  return { status: status as string | number, headers: answered, body };
}

function open(): Socket {
  const socket = openConnection(ports.tcp, CALLED);
  opened.push(socket);
  return socket;
}

/** Who answers of an even number of tries that would reach all three. */
async function answerers(protocol: Protocol): Promise<readonly string[]> {
  const found = new Set<string>();
  for (let count = 0; count < 9; count++) {
    if (protocol === "tcp") found.add(await heard(open()));
    else found.add((await (protocol === "http" ? over1(protocol) : over2(protocol))).body);
  }
  return [...found].toSorted();
}

const well = APPS.filter((address) => address !== SICK);

describe("a health check", () => {
  test.each<[string, Protocol, string]>([
    ["http", "http", ""],
    ["http2", "http2", ""],
    ["grpc", "grpc", ""],
    ["http", "grpc", "at a port of its own"],
    ["http", "tcp", "at a port of its own"],
  ])("by %s, of a listener of %s %s: who does not pass is not called", async (by, protocol, elsewhere) => {
    unwell.add(SICK);
    await caller(listener(protocol, check(by, elsewhere === "" ? "" : `, port: ${ports.checked}`)));
    expect(await answerers(protocol)).toEqual(well);
    expect(await stat(protocol, "membership_healthy")).toBe(2);
    expect(mesh?.rejections()).toEqual([]);
  });

  test.each(["tcp", "http"] as const)(
    "by tcp, of a listener of %s: who cannot be reached is not called",
    async (protocol) => {
      servers.get(`${SICK} ${protocol}`)?.close();
      try {
        await caller(listener(protocol, check("tcp")));
        expect(await answerers(protocol)).toEqual(well);
        expect(await stat(protocol, "membership_healthy")).toBe(2);
      } finally {
        await listen(SICK, protocol);
      }
    },
  );

  test("goes on at its interval without any request: who gets well is called again, who falls ill no longer", async () => {
    unwell.add(SICK);
    await caller(listener("http", check("http")));
    expect(await stat("http", "membership_healthy")).toBe(2);
    unwell.delete(SICK);
    await eventually(
      () => stat("http", "membership_healthy"),
      (count) => count === 3,
    );
    expect(await answerers("http")).toEqual([...APPS]);
    unwell.add(APPS[0]);
    await eventually(
      () => stat("http", "membership_healthy"),
      (count) => count === 2,
    );
    expect(await answerers("http")).toEqual([APPS[1], SICK]);
  });

  test("that nobody passes: all are called rather than nobody", async () => {
    for (const address of APPS) unwell.add(address);
    await caller(listener("http", check("http")));
    expect(await stat("http", "membership_healthy")).toBe(0);
    expect(await answerers("http")).toEqual([...APPS]);
  });
});

describe("outlier detection", () => {
  const outliers = (base: number, percent = 1): string =>
    `outlierDetection: { maxServerErrors: 2, interval: { unit: ms, value: 500 }, baseEjectionDuration: { unit: s, value: ${base} }, maxEjectionPercent: ${percent} }`;

  test("ejects who answers with errors, even of few, for as long as is written, though its health check succeeds", async () => {
    failing.add(SICK);
    await caller(listener("http", `${outliers(3600)}, ${check("http")}`));
    await until(() => stat("http", "outlier_detection.ejections_active"), 1);
    expect(await answerers("http")).toEqual(well);
    const checks = await stat("http", "health_check.success");
    await eventually(
      () => stat("http", "health_check.success"),
      (count) => count >= checks + 3,
    );
    expect(await stat("http", "outlier_detection.ejections_active")).toBe(1);
  });

  test("takes it back afterwards", async () => {
    failing.add(SICK);
    await caller(listener("http", outliers(1)));
    await until(() => stat("http", "outlier_detection.ejections_active"), 1);
    failing.delete(SICK);
    await eventually(
      () => stat("http", "outlier_detection.ejections_active"),
      (count) => count === 0,
    );
    // workers hear of it up to a second later
    await eventually(
      () => answerers("http"),
      (found) => found.join() === APPS.join(),
    );
  });

  test("of all leaves nobody out: they are called on, and so are heard as soon as they are well", async () => {
    for (const address of APPS) failing.add(address);
    await caller(listener("http", outliers(3600, 100)));
    await until(() => stat("http", "outlier_detection.ejections_active"), APPS.length);
    failing.clear();
    // workers hear of ejections up to a second later
    await eventually(
      async () => (await over1("http")).status === 200 && (await stat("http", "lb_healthy_panic")) > 0,
      (isPanic) => isPanic,
    );
    expect(await answerers("http")).toEqual([...APPS]);
  });

  /** Asks until it is so. */
  async function until(what: () => Promise<number>, wanted: number): Promise<void> {
    await eventually(
      async () => {
        await over1("http");
        return await what();
      },
      (found) => found === wanted,
    );
  }
});

describe("a connection pool of the called node", () => {
  const TAKEN = "127.0.0.2";

  async function both(...listeners: readonly string[]): Promise<void> {
    const at = (address: string) => PROTOCOLS.map((protocol) => [address, ports[protocol]] as const);
    mesh = await sidecars(frontAndBack(listeners, HOST), {
      hosts: { [HOST]: [TAKEN] },
      sidecars: { front: { calls: at(CALLED) }, back: { takes: at(TAKEN) } },
    });
  }

  test("of HTTP: what is more than connections and waiting requests is answered with 503, after the caller's standard tries", async () => {
    await both(listener("http", "connectionPool: { http: { maxConnections: 1, maxPendingRequests: 1 } }"));
    const first = over1("http", "/held/1");
    await eventually(
      () => Promise.resolve(held.length),
      (count) => count === 1,
    );
    const second = over1("http", "/held/2");
    const pending = `cluster.cds_ingress_shop_back_shop_http_${ports.http}.upstream_rq_pending_active`;
    await eventually(
      async () => (await mesh?.envoy("back").stats(pending))?.[pending],
      (count) => count === 1,
    );
    const third = await over1("http", "/held/3");
    expect(third).toMatchObject({ status: 503, headers: { "x-envoy-overloaded": "true" } });
    expect(await stat("http", "upstream_rq_retry")).toBe(2);
    held[0]?.answer();
    expect((await first).status).toBe(200);
    await eventually(
      () => Promise.resolve(held.length),
      (count) => count === 2,
    );
    held[1]?.answer();
    expect((await second).status).toBe(200);
    expect(held.map(({ path }) => path)).toEqual(["/held/1", "/held/2"]);
  });

  test.each([
    ["http2", {}, 503],
    ["grpc", GRPC, "14"],
  ] as const)(
    "of %s: more requests at once are refused, after the caller's standard tries",
    async (protocol, headers, status) => {
      await both(listener(protocol, `connectionPool: { ${protocol}: { maxRequests: 1 } }`));
      const first = over2(protocol, "/held/1", headers);
      await eventually(
        () => Promise.resolve(held.length),
        (count) => count === 1,
      );
      expect((await over2(protocol, "/held/2", headers)).status).toBe(status);
      expect(await stat(protocol, "upstream_rq_retry")).toBe(2);
      held[0]?.answer();
      expect((await first).body).toBe("127.0.0.1");
      expect((await over2(protocol, "/", headers)).body).toBe("127.0.0.1");
    },
  );

  test("that is none limits nothing: more requests at once than Envoy's own 1,024, on one connection", async () => {
    const many = 1100;
    await both(listener("grpc", ""));
    const session = connectHttp2(`http://${CALLED}:${ports.grpc}`);
    opened.push(session);
    // until the server says otherwise a client opens 100 at once
    await once(session, "remoteSettings");
    const answers = Array.from({ length: many }, async (_, index) => {
      const stream = session.request({ ":path": `/held/${index}`, ":authority": "back.shop" });
      const [headers] = (await once(stream, "response")) as [IncomingHttpHeaders & { ":status"?: number }];
      stream.close();
      return headers[":status"];
    });
    await eventually(
      () => Promise.resolve(held.length),
      (count) => count === many,
    );
    for (const { answer } of held) answer();
    expect(new Set(await Promise.all(answers))).toEqual(new Set([200]));
  });

  test("of TCP: a connection too many is closed, and there is room again when one ends", async () => {
    await both(listener("tcp", "connectionPool: { tcp: { maxConnections: 1 } }"));
    const first = open();
    expect(await heard(first)).toBe("127.0.0.1");
    expect(await heard(open())).toBe("closed");
    first.destroy();
    await eventually(
      () => heard(open()),
      (answer) => answer === "127.0.0.1",
    );
  });
});
