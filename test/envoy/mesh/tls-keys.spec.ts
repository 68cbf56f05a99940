import { createPrivateKey } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePorts } from "../../../testbed/process/free-port.ts";
import { appMeshObject, documents, listening, SHOP, serviceOfNode } from "../../shop-manifest.ts";
import { ask } from "../ask.ts";
import { type KeyAlgorithm, testAuthority } from "../authority.ts";
import { eventually } from "../envoy-process.ts";
import { type Sidecars, sidecars } from "./sidecars.ts";
import { type TlsFiles, tlsFiles } from "./tls-files.ts";

/*
 * Which keys certificates may have, at both ends of mutual TLS between two real sidecars, and what is spoken to a server that is no sidecar.
 * Envoy takes certificates that its own clients refuse, so each is called.
 */

const CALLED = "127.0.0.3";
const TAKEN = "127.0.0.2";
const HOST = "back.shop.svc.cluster.local";
const OUTSIDE = "outside.shop.svc.cluster.local";

const rsa = (bits: number): KeyAlgorithm => ({
  name: "RSASSA-PKCS1-v1_5",
  modulusLength: bits,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: "SHA-256",
});

const TAKES: Readonly<Record<string, KeyAlgorithm>> = {
  "rsa-2048": rsa(2048),
  "p-256": { name: "ECDSA", namedCurve: "P-256" },
  "p-384": { name: "ECDSA", namedCurve: "P-384" },
  "p-521": { name: "ECDSA", namedCurve: "P-521" },
  ed25519: { name: "Ed25519" },
};
const REFUSES = ["rsa-1024", "passphrase"] as const;
const VERSIONS = ["TLSv1.2", "TLSv1.3"] as const;

const KINDS = [...Object.keys(TAKES), ...REFUSES];
let files: TlsFiles;
let mesh: Sidecars;
let ports: ReadonlyMap<string, number>;
const servers: Server[] = [];

beforeAll(async () => {
  const numbers = await freePorts(KINDS.length + VERSIONS.length);
  ports = new Map([...KINDS, ...VERSIONS].map((kind, index) => [kind, numbers[index] ?? 0]));
  files = await tlsFiles();
  const authority = await testAuthority();
  await files.write("one.pem", authority.pem);
  for (const [kind, algorithm] of Object.entries({ ...TAKES, "rsa-1024": rsa(1024), passphrase: rsa(2048) })) {
    const { cert, key } = await authority.issueFor(algorithm, { type: "dns", value: HOST });
    await files.write(`${kind}.crt`, cert);
    await files.write(`${kind}.key`, kind === "passphrase" ? locked(key) : key);
  }
  await files.issue("outside", authority, { type: "dns", value: OUTSIDE });
  for (const kind of KINDS) servers.push(await app(kind));
  for (const version of VERSIONS) servers.push(await outside(version));
  const calls = [...ports.values()].map((port) => [CALLED, port] as const);
  mesh = await sidecars(manifest(), {
    hosts: { [HOST]: [TAKEN], [OUTSIDE]: [TAKEN] },
    sidecars: { front: { calls }, back: { takes: KINDS.map((kind) => [TAKEN, portOf(kind)] as const) } },
  });
});

afterAll(async () => {
  await mesh?.stop();
  for (const server of servers) server.close();
  await files?.remove();
});

function locked(key: string): string {
  const form = { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "open" } as const;
  return createPrivateKey(key).export(form).toString();
}

function portOf(kind: string): number {
  return ports.get(kind) ?? 0;
}

async function app(kind: string): Promise<Server> {
  const server = createHttpServer((_, response) => response.end(kind));
  await once(server.listen(portOf(kind), "127.0.0.1"), "listening");
  return server;
}

async function outside(version: (typeof VERSIONS)[number]): Promise<Server> {
  const [cert, key] = await Promise.all(["crt", "key"].map((end) => readFile(files.at(`outside.${end}`))));
  const options = { cert, key, minVersion: version, maxVersion: version };
  const server = createHttpsServer(options, (_, response) => response.end(version));
  await once(server.listen(portOf(version), TAKEN), "listening");
  return server;
}

function manifest(): string {
  const validation = `validation: { trust: { ${files.trust("one")} } }`;
  const certificate = (kind: string) => `certificate: { ${files.certificate(kind)} }`;
  const backend = (name: string, tls: string) =>
    `{ virtualService: { virtualServiceRef: { name: ${name} }, clientPolicy: { tls: { ${tls}${validation} } } } }`;
  const listener = (kind: string, rest = "") => `{ portMapping: { port: ${portOf(kind)}, protocol: http }${rest} }`;
  const listeners = KINDS.map((kind) => listener(kind, `, tls: { mode: STRICT, ${certificate(kind)}, ${validation} }`));
  const takes = Object.keys(TAKES);
  const called = [...takes.map((kind) => backend(kind, `${certificate(kind)}, `)), backend("outside", "")];
  const versions = VERSIONS.map((version) => listener(version));
  return documents(
    SHOP,
    appMeshObject("VirtualNode", "front", [`backends: [${called.join(", ")}]`]),
    appMeshObject("VirtualNode", "back", listening(listeners, HOST)),
    appMeshObject("VirtualNode", "outside", listening(versions, OUTSIDE)),
    ...takes.map((kind) => serviceOfNode(kind, "back")),
    serviceOfNode("outside"),
  );
}

/** What an app is answered that calls a service, whose client has a key of this kind, at the listener of a kind. */
async function answer(service: string, kind: string): Promise<string> {
  const { status, body } = await ask({
    host: CALLED,
    port: portOf(kind),
    path: "/",
    headers: { host: `${service}.shop` },
  });
  return `${status} ${body}`;
}

describe("a key", () => {
  test.each(Object.keys(TAKES))("of %s is good for a server and for its client", async (kind) => {
    expect(await answer(kind, kind)).toBe(`200 ${kind}`);
  });

  test.each(REFUSES)("that Envoy does not take (%s) is said, and is a matter of its own listener", async (kind) => {
    await eventually(
      () => Promise.resolve(mesh.rejections().join("\n")),
      (said) => said.includes(`${kind}.key`),
    );
    expect(await answer("p-256", kind)).toMatch(/^503 /);
  });
});

test.each(VERSIONS)("a server that speaks %s alone is reached", async (version) => {
  expect(await answer("outside", version)).toBe(`200 ${version}`);
});

test.each(["X25519MLKEM768", "X25519", "P-384"])("a client may agree on a secret by %s", async (ecdhCurve) => {
  const socket = connect({ host: TAKEN, port: portOf("p-256"), rejectUnauthorized: false, ecdhCurve });
  await once(socket, "secureConnect");
  expect(socket.getProtocol()).toBe("TLSv1.3");
  socket.destroy();
});
