import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { createServer as createHttpServer, type Server } from "node:http";
import { connect } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { freePorts } from "../../../testbed/process/free-port.ts";
import { frontAndBack } from "../../shop-manifest.ts";
import { ask } from "../ask.ts";
import { type TestAuthority, testAuthority } from "../authority.ts";
import { eventually } from "../envoy-process.ts";
import { type Sidecars, sidecars } from "./sidecars.ts";
import { type TlsFiles, tlsFiles } from "./tls-files.ts";

/* Files of certificates that are missing, come later, change, or are broken: what becomes of the listener that wants them, and of all others. */

const CALLED = "127.0.0.3";
const TAKEN = "127.0.0.2";
const HOST = "back.shop.svc.cluster.local";

let files: TlsFiles;
let one: TestAuthority;
let two: TestAuthority;
let secure: number;
let plain: number;
let mesh: Sidecars | undefined;
const servers: Server[] = [];

beforeAll(async () => {
  [one, two] = await Promise.all([testAuthority(), testAuthority()]);
  [secure = 0, plain = 0] = await freePorts(2);
  for (const port of [secure, plain]) {
    const server = createHttpServer((_, response) => response.end("back"));
    await once(server.listen(port, "127.0.0.1"), "listening");
    servers.push(server);
  }
});

beforeEach(async () => {
  files = await tlsFiles();
});

afterEach(async () => {
  await mesh?.stop();
  mesh = undefined;
  await files.remove();
});

afterAll(() => {
  for (const server of servers) server.close();
});

/** `policy`: of the caller, as a flow mapping. `retryRejected`: milliseconds. */
async function start(certificate: string, policy?: string, retryRejected?: number): Promise<void> {
  const tls = `tls: { mode: STRICT, certificate: { ${certificate} } }`;
  const listeners = [
    `{ portMapping: { port: ${secure}, protocol: http }, ${tls} }`,
    `{ portMapping: { port: ${plain}, protocol: http } }`,
  ];
  const front = policy === undefined ? [] : [`backendDefaults: { clientPolicy: { tls: { ${policy} } } }`];
  mesh = await sidecars(frontAndBack(listeners, HOST, { front }), {
    hosts: { [HOST]: [TAKEN] },
    sidecars: {
      front: { calls: [secure, plain].map((port) => [CALLED, port] as const) },
      back: { takes: [secure, plain].map((port) => [TAKEN, port] as const) },
    },
    ...(retryRejected !== undefined && { retryRejected }),
  });
}

async function status(port: number): Promise<number> {
  return (await ask({ host: CALLED, port, path: "/", headers: { host: "back.shop" } })).status;
}

/** What a sidecar counted, of all statistics with such a name. */
function counter(node: string, name: string): () => Promise<number> {
  return async () => Object.values((await mesh?.envoy(node).stats(name)) ?? {}).reduce((sum, count) => sum + count, 0);
}

/** Names of the certificate that the called sidecar shows to a new connection. */
async function shownNames(): Promise<string | undefined> {
  const socket = connect({ host: TAKEN, port: secure, rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { subjectaltname } = socket.getPeerCertificate();
  socket.destroy();
  return subjectaltname;
}

test("a certificate that comes later is taken up; until then other ports are served, and that one is not", async () => {
  await start(files.certificate("late"));
  expect(await status(plain)).toBe(200);
  expect(await status(secure)).toBe(503);
  await eventually(
    async () => mesh?.rejections() ?? [],
    (said) => said.length > 0,
  );
  expect(mesh?.rejections().join("\n")).toContain("late.crt");
  await files.issue("late", one, { type: "dns", value: HOST });
  await eventually(
    () => status(secure),
    (code) => code === 200,
  );
  expect(await status(plain)).toBe(200);
});

test("so is one that was rejected once, when another replica takes over before it is tried again", async () => {
  await start(files.certificate("late"), undefined, 10_000);
  const said = async () => mesh?.rejections() ?? [];
  await eventually(said, ({ length }) => length > 0);
  const before = (await said()).length;
  // to the same bytes Envoy would say that it knows them, and nobody would look at the files again
  await mesh?.restart("back");
  await eventually(said, ({ length }) => length > before);
  await files.issue("late", one, { type: "dns", value: HOST });
  await eventually(
    () => status(secure),
    (code) => code === 200,
  );
  await files.issue("late", one, { type: "dns", value: "second" });
  await eventually(shownNames, (names) => names === "DNS:second");
});

test("so is one whose whole folder comes later", async () => {
  const folder = files.at("mount");
  const [certificateChain, privateKey] = ["a.crt", "a.key"].map((name) => `${folder}/${name}`);
  await start(`file: { certificateChain: ${certificateChain}, privateKey: ${privateKey} }`);
  expect(await status(secure)).toBe(503);
  await mkdir(folder);
  await files.issue("mount/a", one, { type: "dns", value: HOST });
  await eventually(
    () => status(secure),
    (code) => code === 200,
  );
});

test("a certificate that changes is shown to new connections; one that is broken is not, and the last good one stays", async () => {
  await files.issue("back", one, { type: "dns", value: "first" });
  await start(files.certificate("back"));
  expect(await shownNames()).toBe("DNS:first");
  await files.issue("back", one, { type: "dns", value: "second" });
  await eventually(shownNames, (names) => names === "DNS:second");
  const failed = counter("back", "key_rotation_failed$");
  const before = await failed();
  await files.write("back.crt", "no certificate");
  await eventually(failed, (count) => count > before);
  expect(await shownNames()).toBe("DNS:second");
  await files.issue("back", one, { type: "dns", value: "third" });
  await eventually(shownNames, (names) => names === "DNS:third");
});

test("a client whose trust is not there yet reaches nobody who speaks TLS, and then does; the same where it changes", async () => {
  await files.issue("back", one, { type: "dns", value: HOST });
  await start(files.certificate("back"), `enforce: false, validation: { trust: { ${files.trust("ca")} } }`);
  expect(await status(secure)).toBe(503);
  expect(await status(plain)).toBe(200);
  await files.write("ca.pem", two.pem);
  await eventually(counter("front", "cds_egress.*ssl_context_update_by_sds$"), (count) => count > 0);
  expect(await status(secure)).toBe(503);
  await files.write("ca.pem", `${two.pem}\n${one.pem}`);
  await eventually(
    () => status(secure),
    (code) => code === 200,
  );
});

test("keys are in no page of the admin interface, and in no rejection", async () => {
  await files.issue("back", one, { type: "dns", value: HOST });
  await start(files.certificate("back"));
  await eventually(
    () => status(secure),
    (code) => code === 200,
  );
  const pages: string[] = [];
  for (const page of ["config_dump", "certs", "stats", "clusters", "listeners"]) {
    pages.push((await mesh?.envoy("back").admin(`/${page}`)) ?? "");
  }
  expect(pages.join("\n")).toContain("back.key");
  expect(`${pages.join("\n")}${mesh?.rejections().join("\n")}`).not.toContain("PRIVATE KEY");
});
