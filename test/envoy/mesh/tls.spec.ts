import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import type { Server } from "node:net";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePorts } from "../../../testbed/process/free-port.ts";
import { appMeshObject, documents, listening, SHOP, serviceOfNode } from "../../shop-manifest.ts";
import { ask } from "../ask.ts";
import { testAuthority } from "../authority.ts";
import { type Sidecars, sidecars } from "./sidecars.ts";
import { type TlsFiles, tlsFiles } from "./tls-files.ts";

/*
 * TLS between two real Envoys with certificates in files: each listener of the called node in a mode of its own, each service of the
 * caller with a client policy of its own.
 */

const CALLED = "127.0.0.3";
const TAKEN = "127.0.0.2";
const HOST = "back.shop.svc.cluster.local";

/** Listeners of the called node, all with HTTP. */
const LISTENERS = ["plain", "off", "strict", "both", "wildcard", "spiffe", "mutual", "chosen", "nothing"] as const;
type Listener = (typeof LISTENERS)[number];

let port: Readonly<Record<Listener, number>>;
let files: TlsFiles;
let mesh: Sidecars;
const servers: Server[] = [];

/** Client policies by the service that has them; all lead to the same node. */
let policies: Readonly<Record<string, string | undefined>>;

beforeAll(async () => {
  files = await tlsFiles();
  const numbers = await freePorts(LISTENERS.length);
  port = Object.fromEntries(LISTENERS.map((name, index) => [name, numbers[index]])) as typeof port;
  const [one, two] = await Promise.all([testAuthority(), testAuthority()]);
  await files.write("one.pem", one.pem);
  await files.write("two.pem", two.pem);
  await files.write("both.pem", `${two.pem}\n${one.pem}`);
  await files.issue("back", one, { type: "dns", value: HOST });
  await files.issue("wildcard", one, { type: "dns", value: "*.shop.svc.cluster.local" });
  await files.issue("spiffe", one, { type: "url", value: "spiffe://shop/back" });
  await files.issue("client", one, { type: "dns", value: "front.shop" });
  await files.issue("stranger", two, { type: "dns", value: "front.shop" });
  const trust = (name: string) => `validation: { trust: { ${files.trust(name)} } }`;
  const names = (...given: readonly string[]) =>
    `validation: { trust: { ${files.trust("one")} }, subjectAlternativeNames: { match: { exact: [${given.map((name) => JSON.stringify(name)).join(", ")}] } } }`;
  const shown = (name: string) => `certificate: { ${files.certificate(name)} }`;
  policies = {
    none: undefined,
    checked: trust("one"),
    wrong: trust("two"),
    bundle: trust("both"),
    soft: `enforce: false, ${trust("one")}`,
    softwrong: `enforce: false, ${trust("two")}`,
    named: names("other.example", `${HOST}.`),
    misnamed: names("other.example"),
    uri: names("spiffe://shop/back"),
    suffix: names("*.svc.cluster.local"),
    ported: `ports: [${port.strict}], ${trust("two")}`,
    client: `${shown("client")}, ${trust("one")}`,
    stranger: `${shown("stranger")}, ${trust("one")}`,
  };
  servers.push(...(await Promise.all(LISTENERS.map((name) => app(port[name])))));
  mesh = await sidecars(manifest(), {
    hosts: { [HOST]: [TAKEN] },
    sidecars: {
      front: { calls: LISTENERS.map((name) => [CALLED, port[name]] as const) },
      back: { takes: LISTENERS.map((name) => [TAKEN, port[name]] as const) },
    },
  });
});

afterAll(async () => {
  await mesh?.stop();
  for (const server of servers) server.close();
  await files?.remove();
});

async function app(number: number): Promise<Server> {
  const server = createHttpServer((_, response) => response.end("back"));
  await once(server.listen(number, "127.0.0.1"), "listening");
  return server;
}

function manifest(): string {
  const tls = (mode: string, certificate: string, rest = "") =>
    `tls: { mode: ${mode}, certificate: { ${files.certificate(certificate)} }${rest} }`;
  const clients = (rest = "") => `, validation: { trust: { ${files.trust("one")} }${rest} }`;
  const chosen = `, subjectAlternativeNames: { match: { exact: [somebody.shop] } }`;
  const modes: Readonly<Record<Listener, string>> = {
    plain: "",
    off: tls("DISABLED", "back"),
    strict: tls("STRICT", "back"),
    both: tls("PERMISSIVE", "back"),
    wildcard: tls("STRICT", "wildcard"),
    spiffe: tls("STRICT", "spiffe"),
    mutual: tls("STRICT", "back", clients()),
    chosen: tls("STRICT", "back", clients(chosen)),
    nothing: tls("STRICT", "missing"),
  };
  const listeners = LISTENERS.map((name) =>
    `{ portMapping: { port: ${port[name]}, protocol: http }, ${modes[name]} }`.replace(", }", " }"),
  );
  const called = Object.entries(policies).map(([name, tlsOf]) => {
    const policy = tlsOf === undefined ? "" : `, clientPolicy: { tls: { ${tlsOf} } }`;
    return `{ virtualService: { virtualServiceRef: { name: ${name} }${policy} } }`;
  });
  return documents(
    SHOP,
    appMeshObject("VirtualNode", "front", [`backends: [${called.join(", ")}]`]),
    appMeshObject("VirtualNode", "back", listening(listeners, `${HOST}.`)),
    ...Object.keys(policies).map((name) => serviceOfNode(name, "back")),
  );
}

/** What an app of the caller is answered. */
async function status(service: string, listener: Listener): Promise<number> {
  const headers = { host: `${service}.shop` };
  return (await ask({ host: CALLED, port: port[listener], path: "/", headers })).status;
}

describe("a client", () => {
  test.each<[string, Listener, number]>([
    ["none", "plain", 200],
    ["none", "off", 200],
    ["none", "strict", 200],
    ["none", "both", 200],
    ["none", "mutual", 503],
    ["checked", "strict", 200],
    ["checked", "both", 200],
    ["checked", "plain", 503],
    ["checked", "off", 503],
    ["checked", "mutual", 503],
    ["checked", "wildcard", 200],
    ["checked", "spiffe", 503],
    ["uri", "spiffe", 200],
    ["uri", "strict", 503],
    ["wrong", "strict", 503],
    ["wrong", "both", 503],
    ["bundle", "strict", 200],
    ["soft", "plain", 200],
    ["soft", "off", 200],
    ["soft", "strict", 200],
    ["softwrong", "plain", 200],
    ["softwrong", "strict", 503],
    ["named", "strict", 200],
    ["misnamed", "strict", 503],
    ["suffix", "strict", 200],
    ["suffix", "wildcard", 200],
    ["suffix", "spiffe", 503],
    ["ported", "strict", 503],
    ["ported", "wildcard", 200],
    ["ported", "plain", 200],
    ["client", "mutual", 200],
    ["stranger", "mutual", 503],
    ["client", "chosen", 503],
    ["checked", "nothing", 503],
  ])("with the policy %s gets from the listener %s the status %i", async (service, listener, expected) => {
    expect(await status(service, listener)).toBe(expected);
  });
});

async function openssl(listener: Listener, ...more: readonly string[]): Promise<string> {
  const given = ["s_client", "-connect", `${TAKEN}:${port[listener]}`, "-CAfile", files.at("one.pem"), ...more];
  const running = promisify(execFile)("openssl", given, { timeout: 60_000 });
  running.child.stdin?.end();
  const { stdout, stderr } = await running.catch((error: { stdout: string; stderr: string }) => error);
  return `${stdout}${stderr}`;
}

describe("a client that is none of ours", () => {
  test("is shown the certificate, and may speak HTTP/2", async () => {
    const said = await openssl("strict", "-verify_hostname", HOST, "-alpn", "h2,http/1.1");
    expect(said).toContain("Verify return code: 0 (ok)");
    expect(said).toContain(`Verified peername: ${HOST}`);
    expect(said).toContain("ALPN protocol: h2");
  });

  test("is served with TLS and without on a port that takes both", async () => {
    expect(await openssl("both", "-verify_hostname", HOST)).toContain("Verify return code: 0 (ok)");
    expect(await ask({ host: TAKEN, port: port.both, path: "/" })).toMatchObject({ status: 200, body: "back" });
  });

  test("is not served without TLS on one that takes TLS alone", async () => {
    await expect(ask({ host: TAKEN, port: port.strict, path: "/" })).rejects.toThrow();
  });

  test("is asked for a certificate where the listener wants one, and is nobody without", async () => {
    // it goes on until the other side ends it: in TLS 1.3 a client is through before it hears of its certificate
    expect(await openssl("mutual", "-ign_eof")).toMatch(/alert certificate required|handshake failure/);
    const [cert, key] = [files.at("client.crt"), files.at("client.key")];
    expect(await openssl("mutual", "-cert", cert, "-key", key)).toContain("Verify return code: 0 (ok)");
  });

  test("is not asked for one elsewhere", async () => {
    expect(await openssl("strict")).toContain("No client certificate CA names sent");
  });
});

test("handshakes are counted where dashboards look for them", async () => {
  const stats = await mesh.envoy("back").stats("ssl.handshake$");
  expect(
    Object.entries(stats).some(
      ([name, count]) => /^listener\.127\.0\.0\.2_\d+\.ssl\.handshake$/.test(name) && count > 0,
    ),
  ).toBe(true);
});

test("the only thing that is rejected is the certificate that is not there", () => {
  const said = mesh.rejections();
  expect(said.length).toBeGreaterThan(0);
  for (const rejection of said) expect(rejection).toContain("missing.crt");
});
