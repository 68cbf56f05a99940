import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { connect } from "node:http2";
import { request } from "node:https";
import type { Server } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePorts } from "../../../testbed/process/free-port.ts";
import { appMeshObject, documents, listening, routeOfGateway, SHOP, serviceOfNode } from "../../shop-manifest.ts";
import { ask } from "../ask.ts";
import { type TestAuthority, testAuthority } from "../authority.ts";
import { type Sidecars, sidecars } from "./sidecars.ts";
import { type TlsFiles, tlsFiles } from "./tls-files.ts";

/* TLS at the listeners of a gateway, and from the gateway to the sidecar of a node that demands it: two real Envoys. */

const AT = "127.0.0.1";
const TAKEN = "127.0.0.2";
const HOST = "back.shop.svc.cluster.local";
const DOOR = "door.example.com";

const LISTENERS = ["strict", "both", "mutual", "nothing"] as const;
let port: Readonly<Record<(typeof LISTENERS)[number] | "back", number>>;
let files: TlsFiles;
let mesh: Sidecars;
let app: Server;
let authority: TestAuthority;
let client: { readonly cert: string; readonly key: string };

beforeAll(async () => {
  files = await tlsFiles();
  const [strict = 0, both = 0, mutual = 0, nothing = 0, back = 0, second = 0] = await freePorts(LISTENERS.length + 2);
  port = { strict, both, mutual, nothing, back };
  authority = await testAuthority();
  await files.write("one.pem", authority.pem);
  await files.issue("door", authority, { type: "dns", value: DOOR });
  await files.issue("back", authority, { type: "dns", value: HOST });
  client = await authority.issue({ type: "dns", value: "client.example.com" });
  app = createHttpServer(({ headers }, answer) => answer.end([headers.host, headers["x-forwarded-proto"]].join(" ")));
  await once(app.listen(back, AT), "listening");
  mesh = await sidecars(manifest(), {
    hosts: { [HOST]: [TAKEN] },
    sidecars: { back: { takes: [[TAKEN, back]] } },
    gateways: { door: { at: AT, ports: [strict, both, mutual, nothing], second: [AT, second] } },
  });
});

afterAll(async () => {
  await mesh?.stop();
  app?.close();
  await files?.remove();
});

function manifest(): string {
  const own = `certificate: { ${files.certificate("door")} }`;
  const trust = `validation: { trust: { ${files.trust("one")} } }`;
  const listener = (number: number, tls: string) =>
    `{ portMapping: { port: ${number}, protocol: http }, tls: { ${tls} } }`;
  const listeners = [
    listener(port.strict, `mode: STRICT, ${own}`),
    listener(port.both, `mode: PERMISSIVE, ${own}`),
    listener(port.mutual, `mode: STRICT, ${own}, ${trust}`),
    listener(port.nothing, `mode: STRICT, certificate: { ${files.certificate("not-there")} }`),
  ];
  const secret = `mode: STRICT, certificate: { ${files.certificate("back")} }`;
  return documents(
    SHOP,
    appMeshObject("VirtualGateway", "door", [
      "namespaceSelector: {}",
      `backendDefaults: { clientPolicy: { tls: { ${trust} } } }`,
      `listeners: [${listeners.join(", ")}]`,
    ]),
    routeOfGateway("back"),
    serviceOfNode("back"),
    appMeshObject("VirtualNode", "back", listening([listener(port.back, secret)], HOST)),
  );
}

/** The answer to a GET over TLS, as `200 body`; or why there is none. */
function overTls(number: number, more: { readonly cert?: string; readonly key?: string } = {}): Promise<string> {
  return new Promise((resolve) => {
    const options = { host: AT, port: number, servername: DOOR, ca: authority.pem, agent: false, ...more };
    const asked = request(options, (answer) => {
      let body = "";
      answer.setEncoding("utf8").on("data", (text: string) => (body += text));
      answer.on("end", () => resolve(`${answer.statusCode} ${body}`)).on("error", () => resolve("cut off"));
    });
    asked.on("error", () => resolve("cut off")).end();
  });
}

const ANSWERED = "200 back.shop https";

test("a gateway ends TLS, says so, and begins it again towards a node that demands it", async () => {
  expect(await overTls(port.strict)).toBe(ANSWERED);
  expect(await overTls(port.both)).toBe(ANSWERED);
});

test("plain text is for a listener that takes both", async () => {
  const { status, body } = await ask({ host: AT, port: port.both, path: "/" });
  expect([status, body]).toEqual([200, "back.shop http"]);
  await expect(ask({ host: AT, port: port.strict, path: "/" })).rejects.toThrow();
});

test("a client without a certificate is for a listener that asks for none", async () => {
  expect(await overTls(port.mutual)).toBe("cut off");
  expect(await overTls(port.mutual, client)).toBe(ANSWERED);
});

test("a certificate that is not there is a matter of its own listener", async () => {
  expect(await overTls(port.nothing)).toBe("cut off");
  expect(mesh.rejections().filter((text) => !text.includes("not-there"))).toEqual([]);
});

test("a client chooses HTTP/2 by TLS", async () => {
  const session = connect(`https://${AT}:${port.strict}`, { servername: DOOR, ca: authority.pem });
  const stream = session.request({ ":path": "/", ":authority": DOOR });
  let body = "";
  stream.setEncoding("utf8").on("data", (text: string) => (body += text));
  await once(stream, "end");
  expect(session.alpnProtocol).toBe("h2");
  expect(body).toBe("back.shop https");
  session.close();
});
