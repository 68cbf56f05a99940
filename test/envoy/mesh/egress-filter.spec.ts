import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { amazonCluster } from "../../../src/xds/translate/names.ts";
import { freePort } from "../../../testbed/process/free-port.ts";
import { appMeshObject, documents, shop } from "../../shop-manifest.ts";
import { testAuthority } from "../authority.ts";
import { eventually } from "../envoy-process.ts";
import { anything } from "./plain-servers.ts";
import { heard, openConnection } from "./raw-connection.ts";
import { type Sidecars, sidecars } from "./sidecars.ts";

/* What leaves the sidecar of an app that calls nobody of its mesh, by the filter of the mesh: on every port, and on that of HTTPS. */

const SOMEBODY = "127.0.0.6";
const HTTPS = 443;
/** Ports on which nothing of the mesh is called. */
const PORTS = [80, HTTPS, 5432] as const;

let outside: Server;
let roots: string;
let captured: number;
let mesh: Sidecars | undefined;
const opened: Socket[] = [];

beforeAll(async () => {
  const authority = await testAuthority();
  roots = authority.pem;
  outside = anything(await authority.issue({ type: "dns", value: "localhost" })).listen(0, "127.0.0.1");
  await once(outside, "listening");
});

afterEach(async () => {
  for (const socket of opened.splice(0)) socket.destroy();
  await mesh?.stop();
  mesh = undefined;
});

afterAll(() => void outside.close());

const FILTERS = {
  "no filter": "",
  DROP_ALL: ", egressFilter: { type: DROP_ALL }",
  ALLOW_ALL: ", egressFilter: { type: ALLOW_ALL }",
} as const;
type Filter = keyof typeof FILTERS;

function manifest(filter: Filter): string {
  return documents(shop(FILTERS[filter]), appMeshObject("VirtualNode", "web", []));
}

async function start(filter: Filter): Promise<void> {
  captured = await freePort();
  mesh = await sidecars(manifest(filter), {
    hosts: {},
    sidecars: { web: { captured: ["127.0.0.1", captured] } },
    outside: (outside.address() as AddressInfo).port,
  });
}

/** A connection of the app to somebody's port. */
function open(port: number): Socket {
  const socket = openConnection(captured, "127.0.0.1");
  opened.push(socket);
  socket.write(`PROXY TCP4 127.0.0.1 ${SOMEBODY} 40000 ${port}\r\n`);
  return socket;
}

async function greeted(port: number): Promise<string> {
  return await said(open(port));
}

async function said(socket: Socket): Promise<string> {
  return await heard(socket).catch(() => "closed");
}

async function overHttp(port: number): Promise<string> {
  const socket = open(port);
  socket.write("GET / HTTP/1.1\r\nhost: somebody.example.com\r\n\r\n");
  return (await said(socket)).split("\r\n").at(-1) ?? "";
}

/** `servername`: empty, where the client does not say whom it wants. */
async function overTls(port: number, servername: string): Promise<string> {
  const checkServerIdentity = () => undefined;
  const tls = connectTls({ socket: open(port), ca: roots, servername, checkServerIdentity });
  return await said(tls);
}

/** How many connections went out as those to AWS. */
async function toAmazon(): Promise<number> {
  const name = `cluster.${amazonCluster("shop")}.upstream_cx_total`;
  return (await mesh?.envoy("web").stats(name))?.[name] ?? 0;
}

describe.each(["no filter", "DROP_ALL"] as const)("with %s", (filter) => {
  test("an app without backends reaches nobody, on any port and whatever is spoken", async () => {
    await start(filter);
    for (const port of PORTS) {
      expect(await greeted(port)).toBe("closed");
      expect(await overHttp(port)).toBe("closed");
      expect(await overTls(port, "localhost")).toBe("closed");
      expect(await overTls(port, "")).toBe("closed");
    }
    expect(await toAmazon()).toBe(0);
  });

  test("it reaches AWS over TLS on port 443, by the name that it asks for, and nobody whose name is only like that", async () => {
    await start(filter);
    expect(await overTls(HTTPS, "s3.eu-west-1.amazonaws.com")).toBe("secret");
    expect(await overTls(HTTPS, "sts.amazonaws.com")).toBe("secret");
    expect(await toAmazon()).toBe(2);
    expect(await overTls(HTTPS, "amazonaws.com.example.com")).toBe("closed");
    expect(await overTls(HTTPS, "notamazonaws.com")).toBe("closed");
    expect(await overTls(8443, "sts.amazonaws.com")).toBe("closed");
    expect(await toAmazon()).toBe(2);
  });
});

describe("with ALLOW_ALL", () => {
  test("an app without backends reaches everybody, on every port and whatever is spoken", async () => {
    await start("ALLOW_ALL");
    for (const port of PORTS) {
      expect(await greeted(port)).toBe("welcome outside");
      expect(await overHttp(port)).toBe("outside somebody.example.com");
    }
  });

  test("TLS on port 443 leaves with a server name and without one", async () => {
    await start("ALLOW_ALL");
    expect(await overTls(HTTPS, "localhost")).toBe("secret");
    expect(await overTls(HTTPS, "")).toBe("secret");
    expect(await toAmazon()).toBe(0);
    expect(await overTls(HTTPS, "sts.amazonaws.com")).toBe("secret");
    expect(await toAmazon()).toBe(1);
  });
});

test("a filter that changes reaches an Envoy that runs: new connections go by it, those that are open stay", async () => {
  await start("ALLOW_ALL");
  const held = open(5432);
  expect(await heard(held)).toBe("welcome outside");
  await mesh?.change(manifest("DROP_ALL"));
  await eventually(
    () => greeted(5432),
    (answer) => answer === "closed",
  );
  held.write("GET / HTTP/1.1\r\nhost: still.example.com\r\n\r\n");
  expect(await heard(held)).toContain("outside still.example.com");
  await mesh?.change(manifest("ALLOW_ALL"));
  await eventually(
    () => greeted(5432),
    (answer) => answer === "welcome outside",
  );
  expect(mesh?.rejections()).toEqual([]);
});
