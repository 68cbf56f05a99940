import { once } from "node:events";
import { createServer, request as plainRequest, type Server } from "node:http";
import { request } from "node:https";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Around } from "../../../src/answers/explain-request/around.ts";
import { explainRequest } from "../../../src/answers/explain-request/explain-request.ts";
import type { RequestExplanation } from "../../../src/answers/explain-request/explanation.ts";
import { freePorts } from "../../../testbed/process/free-port.ts";
import { appMeshObject, documents, listening, routeOfGateway, SHOP, serviceOfNode } from "../../shop-manifest.ts";
import { meshOf } from "../../translated-manifest.ts";
import { type TestAuthority, testAuthority } from "../authority.ts";
import { type Sidecars, sidecars } from "./sidecars.ts";
import { type TlsFiles, tlsFiles } from "./tls-files.ts";

/* What is explained of a gateway's listeners with TLS, against what clients of a real Envoy get: with a certificate, without one, in plain text. */

const AT = "127.0.0.1";
const TAKEN = "127.0.0.2";
const HOST = "back.shop.svc.cluster.local";
const LISTENERS = ["mutual", "strict", "unusable", "nobody"] as const;
type Listener = (typeof LISTENERS)[number];

let port: Readonly<Record<Listener | "back", number>>;
let files: TlsFiles;
let authority: TestAuthority;
let client: { readonly cert: string; readonly key: string };
let mesh: Sidecars;
let app: Server;
let around: Around;

beforeAll(async () => {
  const [mutual = 0, strict = 0, unusable = 0, nobody = 0, back = 0, second = 0] = await freePorts(6);
  port = { mutual, strict, unusable, nobody, back };
  files = await tlsFiles();
  authority = await testAuthority();
  await files.issue("door", authority, { type: "dns", value: "door.example.com" });
  await files.write("ca.pem", authority.pem);
  client = await authority.issue({ type: "dns", value: "phone.example.com" });
  app = createServer((_, answer) => answer.end("back"));
  await once(app.listen(back, AT), "listening");
  mesh = await sidecars(manifest(), {
    hosts: { [HOST]: [TAKEN] },
    sidecars: { back: { takes: [[TAKEN, back]] } },
    gateways: { door: { at: AT, ports: [mutual, strict, unusable, nobody], second: [AT, second] } },
  });
  const { graph, registry } = meshOf(manifest());
  const services = registry.services();
  around = { graph, services, clusterDomain: "cluster.local", knows: "files", membersOf: () => undefined };
}, 60_000);

afterAll(async () => {
  await mesh?.stop();
  app?.close();
  await files?.remove();
});

function manifest(): string {
  const own = files.certificate("door");
  const tls: Readonly<Record<Listener, string>> = {
    mutual: `{ mode: STRICT, certificate: { ${own} }, validation: { trust: { ${files.trust("ca")} } } }`,
    strict: `{ mode: STRICT, certificate: { ${own} } }`,
    // no path from the root
    unusable: "{ mode: PERMISSIVE, certificate: { file: { certificateChain: door.crt, privateKey: door.key } } }",
    nobody: `{ mode: STRICT, certificate: { ${own} }, validation: { trust: { acm: { certificateAuthorityARNs: ["arn:aws:acm-pca:r:1:a"] } } } }`,
  };
  const listeners = LISTENERS.map(
    (name) => `{ portMapping: { port: ${port[name]}, protocol: http }, tls: ${tls[name]} }`,
  );
  return documents(
    SHOP,
    appMeshObject("VirtualGateway", "door", ["namespaceSelector: {}", `listeners: [${listeners.join(", ")}]`]),
    routeOfGateway("back"),
    serviceOfNode("back"),
    appMeshObject("VirtualNode", "back", listening([`{ portMapping: { port: ${port.back}, protocol: http } }`], HOST)),
  );
}

type Way = "http" | "https" | "https with a certificate";

/** What a client gets. */
function asked(listener: Listener, way: Way): Promise<string> {
  const options = { host: AT, port: port[listener], path: "/", agent: false };
  return new Promise((resolve) => {
    const sent =
      way === "http"
        ? plainRequest(options)
        : request({ ...options, servername: "door.example.com", ca: authority.pem, ...(way !== "https" && client) });
    sent.on("response", (answer) => {
      answer.resume();
      answer.on("end", () => resolve(answer.statusCode === 200 ? "answered" : `status ${answer.statusCode}`));
    });
    sent.on("error", () => resolve("closed")).end();
  });
}

function explained(listener: Listener, scheme: "http" | "https"): RequestExplanation {
  const object = { kind: "VirtualGateway", namespace: "shop", name: "door" } as const;
  const proxy = { kind: "member", object, past: { ignoredPorts: [], ignoredIps: [] } } as const;
  const host = "door.example.com";
  const sent = {
    kind: "http",
    scheme,
    host,
    port: port[listener],
    method: "GET",
    authority: host,
    path: "/",
    headers: [],
  };
  return explainRequest(sent as never, { workload: undefined, namespace: "shop", proxy }, around);
}

test.each<[Listener, Way, string]>([
  ["mutual", "https with a certificate", "answered"],
  ["mutual", "http", "closed"],
  ["strict", "https", "answered"],
  ["strict", "http", "closed"],
  ["unusable", "https", "closed"],
  ["unusable", "http", "answered"],
  ["nobody", "https", "closed"],
  ["nobody", "https with a certificate", "closed"],
])("of the listener %s over %s a client gets what is explained: %s", async (listener, way, what) => {
  expect(await asked(listener, way)).toBe(what);
  expect(explained(listener, way === "http" ? "http" : "https").outcome.kind).toBe(what);
});

test("who shows no certificate to a listener that asks for one is closed, and the explanation says what is asked", async () => {
  expect(await asked("mutual", "https")).toBe("closed");
  expect(explained("mutual", "https").notes).toEqual([
    `the listener of port ${port.mutual} asks clients for a certificate that it trusts; without one the connection is closed`,
  ]);
  expect(explained("strict", "https").notes).toEqual([]);
});
