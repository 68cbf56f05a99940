import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { MeshView } from "../../../src/graph/view.ts";
import type { Resource } from "../../../src/xds/encode/resource.ts";
import { freePorts } from "../../../testbed/process/free-port.ts";
import { comesTrue } from "../../comes-true.ts";
import { appMeshObject, documents, listening, routeOfGateway, SHOP, serviceOfNode } from "../../shop-manifest.ts";
import { viewNamed } from "../../translated-manifest.ts";
import { testAuthority } from "../authority.ts";
import { acmCertificates } from "./acm-certificates.ts";
import { type Sidecars, sidecars } from "./sidecars.ts";

/*
 * Certificates of ACM at a gateway and at the node behind it: what the control plane signs, and a Secret that an ARN means. Real Envoys, and
 * `openssl s_client` as judge.
 */

const AT = "127.0.0.1";
const TAKEN = "127.0.0.2";
const HOST = "back.shop.svc.cluster.local";
const DOOR = "door.shop.svc.cluster.local";
const WORLD = "door.example.com";
const SIGNED = "arn:aws:acm:r:1:certificate/signed";
const MEANT = "arn:aws:acm:r:1:certificate/meant";
const FOREIGN = "arn:aws:acm:r:1:certificate/foreign";

let port: Readonly<Record<"signed" | "meant" | "foreign" | "back", number>>;
let mesh: Sidecars;
let app: Server;
let folder: string;
let roots: Readonly<Record<"own" | "world", string>>;
const stopped = new AbortController();

beforeAll(async () => {
  const [signed = 0, meant = 0, foreign = 0, back = 0, second = 0] = await freePorts(5);
  port = { signed, meant, foreign, back };
  const world = await testAuthority();
  const secretsOf = await certificates(world.pem, await world.issue({ type: "dns", value: WORLD }));
  folder = await mkdtemp(join(tmpdir(), "outrigger-acm-"));
  for (const [name, pem] of Object.entries(roots)) await writeFile(join(folder, `${name}.pem`), pem);
  app = createServer((_, answer) => answer.end("back"));
  await once(app.listen(back, AT), "listening");
  mesh = await sidecars(manifest(), {
    hosts: { [HOST]: [TAKEN] },
    sidecars: { back: { takes: [[TAKEN, back]] } },
    gateways: { door: { at: AT, ports: [signed, meant, foreign], second: [AT, second] } },
    secretsOf,
  });
});

afterAll(async () => {
  stopped.abort();
  await mesh?.stop();
  app?.close();
  await rm(folder, { recursive: true, force: true });
});

/** What the control plane would give to the proxies of a view, all of it made. */
async function certificates(
  pem: string,
  { cert, key }: { readonly cert: string; readonly key: string },
): Promise<(view: MeshView) => readonly Resource[]> {
  const shown = { certificate: cert, key };
  const known = new Map([
    [MEANT, { namespaces: ["shop"], shown, authorities: pem }],
    [FOREIGN, { namespaces: ["bank"], shown, authorities: pem }],
  ]);
  const { root, secretsOf } = await acmCertificates({ known: (arn) => known.get(arn), signal: stopped.signal });
  roots = { own: root, world: pem };
  // of the gateway: one that is signed, one that is meant, whom it trusts; nothing of the foreign one
  for (const [name, count] of [
    ["door", 3],
    ["back", 1],
  ] as const) {
    await comesTrue(() => expect(secretsOf(viewNamed(manifest(), name))).toHaveLength(count));
  }
  return secretsOf;
}

function manifest(): string {
  const listener = (number: number, arn: string): string =>
    `{ portMapping: { port: ${number}, protocol: http }, tls: { mode: STRICT, certificate: { acm: { certificateARN: "${arn}" } } } }`;
  const listeners = [listener(port.signed, SIGNED), listener(port.meant, MEANT), listener(port.foreign, FOREIGN)];
  return documents(
    SHOP,
    "apiVersion: v1\nkind: Service\nmetadata: { name: door, namespace: shop }\nspec: { clusterIP: 10.96.0.7, ports: [{ port: 443 }] }\n",
    appMeshObject("VirtualGateway", "door", [
      "namespaceSelector: {}",
      'backendDefaults: { clientPolicy: { tls: { validation: { trust: { acm: { certificateAuthorityARNs: ["arn:aws:acm-pca:r:1:a"] } } } } } }',
      `listeners: [${listeners.join(", ")}]`,
    ]),
    routeOfGateway("back"),
    serviceOfNode("back"),
    appMeshObject("VirtualNode", "back", listening([listener(port.back, SIGNED)], HOST)),
  );
}

async function openssl(listener: keyof typeof port, root: keyof typeof roots, name: string): Promise<string> {
  const given = ["s_client", "-connect", `${AT}:${port[listener]}`, "-servername", name, "-verify_hostname", name];
  const running = promisify(execFile)("openssl", [...given, "-CAfile", join(folder, `${root}.pem`)], {
    timeout: 60_000,
  });
  running.child.stdin?.end();
  const { stdout, stderr } = await running.catch((error: { stdout: string; stderr: string }) => error);
  return `${stdout}${stderr}`;
}

/** The answer to a GET over TLS through the gateway; or why there is none. */
function overTls(listener: keyof typeof port, root: keyof typeof roots, servername: string): Promise<string> {
  return new Promise((resolve) => {
    const options = { host: AT, port: port[listener], servername, ca: roots[root], agent: false };
    const asked = request(options, (answer) => {
      let body = "";
      answer.setEncoding("utf8").on("data", (text: string) => (body += text));
      answer.on("end", () => resolve(`${answer.statusCode} ${body}`)).on("error", () => resolve("cut off"));
    });
    asked.on("error", () => resolve("cut off")).end();
  });
}

test("a gateway shows a certificate of ACM to clients, and trusts it of a node", async () => {
  const said = await openssl("signed", "own", DOOR);
  expect(said).toContain("Verify return code: 0 (ok)");
  expect(said).toContain(`Verified peername: ${DOOR}`);
  expect(await openssl("signed", "own", WORLD)).toContain("hostname mismatch");
  expect(await overTls("signed", "own", DOOR)).toBe("200 back");
});

test("a gateway shows the Secret that an ARN means, which is signed by somebody else", async () => {
  expect(await openssl("meant", "world", WORLD)).toContain(`Verified peername: ${WORLD}`);
  expect(await openssl("meant", "own", WORLD)).not.toContain("Verify return code: 0 (ok)");
  expect(await overTls("meant", "world", WORLD)).toBe("200 back");
});

test("an ARN of another namespace shows nothing, and is a matter of its own listener", async () => {
  expect(await overTls("foreign", "world", WORLD)).toBe("cut off");
  expect(mesh.rejections()).toEqual([]);
});

test("keys that came from the control plane are on no page of the admin interface", async () => {
  for (const node of ["door", "back"]) {
    for (const page of ["config_dump?include_eds", "certs", "stats", "clusters", "listeners"]) {
      const said = await mesh.envoy(node).admin(`/${page}`);
      expect(said, page).not.toContain("PRIVATE KEY");
      expect(said, page).not.toContain(Buffer.from("-----BEGIN PRIVATE KEY").toString("base64").slice(0, 28));
    }
    const dump = await mesh.envoy(node).admin("/config_dump?resource=dynamic_active_secrets");
    expect(dump).toContain("[redacted]");
  }
});
