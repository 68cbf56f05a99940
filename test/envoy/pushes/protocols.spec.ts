import { once } from "node:events";
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../../testbed/process/free-port.ts";
import { frontAndBack } from "../../shop-manifest.ts";
import { eventually } from "../envoy-process.ts";
import { type Sidecars, sidecars } from "../mesh/sidecars.ts";
import { failures, type Load, load } from "./load.ts";

/*
 * What a node's listener says of protocol, health, errors and limits changes while requests go from one sidecar through the other to an
 * app that speaks HTTP/1.1 and HTTP/2, as one does while it moves from one to the other. No request fails, whichever sidecar hears first.
 */

const [CALLED, TAKEN] = ["127.0.0.3", "127.0.0.2"];
const HOST = "back.shop.svc.cluster.local";
const servers: Server[] = [];
let port: number;
let mesh: Sidecars | undefined;
let traffic: Load | undefined;
/** Versions of HTTP that the app was asked in. */
const heard = new Set<string>();

beforeAll(async () => {
  port = await freePort();
  const http1 = createHttpServer((asked, answer) => {
    heard.add(asked.httpVersion);
    answer.end("well");
  });
  const http2 = createHttp2Server((_, answer) => {
    heard.add("2.0");
    answer.end("well");
  });
  servers.push(http1, http2 as unknown as HttpServer);
  const [one = 0, two = 0] = await Promise.all(
    servers.map(async (server) => {
      await once(server.listen(0, "127.0.0.1"), "listening");
      return (server.address() as AddressInfo).port;
    }),
  );
  const app = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", (first: Buffer) => {
      const behind = connect(first.toString().startsWith("PRI ") ? two : one, "127.0.0.1");
      behind.on("error", () => socket.destroy());
      behind.write(first);
      socket.pipe(behind).pipe(socket);
    });
  });
  servers.push(app);
  await once(app.listen(port, "127.0.0.1"), "listening");
});

afterEach(async () => {
  await traffic?.stop();
  traffic = undefined;
  await mesh?.stop();
  mesh = undefined;
  heard.clear();
});

afterAll(() => {
  for (const server of servers) server.close();
});

function manifest(listener: string): string {
  return frontAndBack([`{ ${listener} }`], HOST);
}

const speaking = (protocol: string, more = ""): string =>
  `portMapping: { port: ${port}, protocol: ${protocol} }${more}`;

async function start(listener: string, order: readonly ("front" | "back")[]): Promise<void> {
  const places = { front: { calls: [[CALLED, port]] }, back: { takes: [[TAKEN, port]] } } as const;
  mesh = await sidecars(manifest(listener), {
    hosts: { [HOST]: [TAKEN] },
    sidecars: Object.fromEntries(order.map((name) => [name, places[name]])),
  });
  traffic = load({ port, address: CALLED, host: "back.shop" });
  await traffic.more(50);
}

/** Changes the listener, and resolves when a sidecar's cluster of these words is in use and many requests were made since. */
async function change(listener: string, where: "front" | "back", ...words: readonly string[]): Promise<void> {
  await mesh?.change(manifest(listener));
  await eventually(
    async () => (await mesh?.envoy(where).admin("/config_dump?resource=dynamic_active_clusters")) ?? "",
    (clusters) => words.every((word) => clusters.includes(word)),
  );
  await traffic?.more(200);
}

test("a health check, outlier detection and a pool come, change and go", async () => {
  await start(speaking("http"), ["front", "back"]);
  const check = (path: string) =>
    `, healthCheck: { protocol: http, path: ${path}, intervalMillis: 5000, timeoutMillis: 2000, healthyThreshold: 2, unhealthyThreshold: 2 }`;
  const outliers = (most: number) =>
    `, outlierDetection: { maxServerErrors: ${most}, interval: { unit: s, value: 1 }, baseEjectionDuration: { unit: s, value: 1 }, maxEjectionPercent: 100 }`;
  const pool = (most: number) => `, connectionPool: { http: { maxConnections: ${most} } }`;
  await change(speaking("http", check("/a")), "front", '"path": "/a"');
  await change(speaking("http", check("/b")), "front", '"path": "/b"');
  await change(speaking("http", check("/b") + outliers(3)), "front", '"consecutive_5xx": 3');
  await change(speaking("http", check("/b") + outliers(7)), "front", '"consecutive_5xx": 7');
  await change(speaking("http", check("/b") + outliers(7) + pool(50)), "back", '"max_connections": 50');
  await change(speaking("http", pool(60)), "back", '"max_connections": 60');
  await change(speaking("http"), "front", `cds_egress_shop_back_shop_http_${port}`);
  expect(failures((await traffic?.stop()) ?? {})).toEqual({});
  expect(mesh?.rejections()).toEqual([]);
});

describe.each([[["front", "back"]], [["back", "front"]]] as const)("%j hear in this order", (order) => {
  test("that the protocol is another one: HTTP, HTTP/2, gRPC and back", async () => {
    await start(speaking("http"), order);
    expect([...heard]).toEqual(["1.1"]);
    for (const protocol of ["http2", "grpc", "http"]) {
      await change(speaking(protocol), "front", `cds_egress_shop_back_shop_${protocol}_${port}`);
      await change(speaking(protocol), "back", `cds_ingress_shop_back_shop_${protocol}_${port}`);
      // the last requests to an app in its former protocol have ended
      await eventually(
        async () => {
          heard.clear();
          await traffic?.more(50);
          return [...heard].join();
        },
        (versions) => versions === (protocol === "http" ? "1.1" : "2.0"),
      );
    }
    expect(failures((await traffic?.stop()) ?? {})).toEqual({});
    expect(mesh?.rejections()).toEqual([]);
  });
});
