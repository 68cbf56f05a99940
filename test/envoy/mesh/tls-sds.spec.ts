import { once } from "node:events";
import { createServer as createHttpServer, type Server } from "node:http";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { freePorts } from "../../../testbed/process/free-port.ts";
import { frontAndBack } from "../../shop-manifest.ts";
import { ask } from "../ask.ts";
import { type TestAuthority, testAuthority } from "../authority.ts";
import { eventually } from "../envoy-process.ts";
import { certificateSecret, type SdsServer, sdsServer, trustSecret } from "./sds-server.ts";
import { type Sidecars, sidecars } from "./sidecars.ts";
import { type TlsFiles, tlsFiles } from "./tls-files.ts";

/* Mutual TLS with certificates from an SDS server of the pods' own, as SPIRE's agent is one. */

const CALLED = "127.0.0.3";
const TAKEN = "127.0.0.2";
const HOST = "back.shop.svc.cluster.local";
const TRUST = "spiffe://shop";
const SERVER = "spiffe://shop/back";
const CLIENT = "spiffe://shop/front";

let files: TlsFiles;
let authority: TestAuthority;
let sds: SdsServer;
let mesh: Sidecars | undefined;
let app: Server;
let secure: number;
let plain: number;

beforeAll(async () => {
  authority = await testAuthority();
  [secure = 0, plain = 0] = await freePorts(2);
  app = createHttpServer((_, response) => response.end("back"));
  await once(app.listen(secure, "127.0.0.1"), "listening");
});

beforeEach(async () => {
  files = await tlsFiles();
  sds = await sdsServer(files.at("sds.sock"));
});

afterEach(async () => {
  await mesh?.stop();
  mesh = undefined;
  sds.close();
  await files.remove();
});

afterAll(() => void app.close());

async function start(given: { readonly socket: boolean }): Promise<void> {
  const sdsOf = (name: string) => `sds: { secretName: "${name}" }`;
  const san = (name: string) => `subjectAlternativeNames: { match: { exact: ["${name}"] } }`;
  const validation = (name: string) => `validation: { trust: { ${sdsOf(TRUST)} }, ${san(name)} }`;
  const tls = `tls: { mode: STRICT, certificate: { ${sdsOf(SERVER)} }, ${validation(CLIENT)} }`;
  const policy = `clientPolicy: { tls: { certificate: { ${sdsOf(CLIENT)} }, ${validation(SERVER)} } }`;
  const listener = `{ portMapping: { port: ${secure}, protocol: http }, ${tls} }`;
  const other = `{ portMapping: { port: ${plain}, protocol: tcp } }`;
  const manifest = frontAndBack([listener, other], HOST, { front: [`backendDefaults: { ${policy} }`] });
  mesh = await sidecars(manifest, {
    hosts: { [HOST]: [TAKEN] },
    sidecars: { front: { calls: [[CALLED, secure]] }, back: { takes: [[TAKEN, secure]] } },
    ...(given.socket && { sdsSocket: files.at("sds.sock") }),
  });
}

async function status(): Promise<number> {
  return (await ask({ host: CALLED, port: secure, path: "/", headers: { host: "back.shop" } })).status;
}

async function issue(name: string): Promise<void> {
  sds.put(name, certificateSecret(await authority.issue({ type: "url", value: name })));
}

test("requests are served with what it gives, also where it gives it later; another name is nobody", async () => {
  await issue(SERVER);
  sds.put(TRUST, trustSecret(authority.pem));
  sds.put(CLIENT, certificateSecret(await authority.issue({ type: "url", value: "spiffe://shop/somebody" })));
  await start({ socket: true });
  expect(await status()).toBe(503);
  await issue(CLIENT);
  await eventually(status, (code) => code === 200);
  expect(mesh?.rejections()).toEqual([]);
});

test("a name that it does not know is waited for, and nothing else waits", async () => {
  sds.put(TRUST, trustSecret(authority.pem));
  await issue(CLIENT);
  await start({ socket: true });
  expect(await status()).toBe(503);
  await issue(SERVER);
  await eventually(status, (code) => code === 200);
});

test("a pod without such a server has no certificate, and its listeners and clusters all the same", async () => {
  await start({ socket: false });
  expect(await status()).toBe(503);
  expect(mesh?.rejections()).toEqual([]);
});
