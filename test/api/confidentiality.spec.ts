import { fromBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type JsonObject, member, objectOf, objectsOf } from "../../src/model/json.ts";
import { KIND_FACTS, type Kind } from "../../src/model/kinds.ts";
import { SecretSchema } from "../../src/xds/generated/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import { TYPES, type TypeUrl } from "../../src/xds/types.ts";
import { replaceableCertificate, type TestControlPlane, testControlPlane } from "../control-plane-harness.ts";
import type { ServerCertificate } from "../envoy/authority.ts";
import { testAuthority } from "../envoy/authority.ts";
import { backends } from "../mesh-objects.ts";
import { createMeshPod, type MeshPod, tokenOf } from "../mesh-pods.ts";
import { xdsClient } from "../xds-client.ts";
import { text } from "./api-object.ts";
import { mesh, node, pathOf, route, router, service } from "./app-mesh-manifests.ts";
import { outrigger } from "./command-line.ts";
import { type MeshCluster, meshCluster } from "./mesh-cluster.ts";
import { until } from "./until.ts";
import { accepted, namespacesOf } from "./victim.ts";

/*
 * What is one node's stays with its proxies, whatever others claim and ask for; and private keys stay with those whose they are. Namespace
 * "shop" has a node with a certificate that is signed for it, and one whose ARN means a Secret; "evil" is in the same mesh.
 */

const SIGNED = "arn:aws:acm:eu-west-1:123456789012:certificate/signed";
const MEANT = "arn:aws:acm:eu-west-1:123456789012:certificate/meant";
const SYSTEM = "/api/v1/namespaces/appmesh-system";

let at: MeshCluster;
let controlPlane: TestControlPlane;
let serving: ServerCertificate;
let meant: ServerCertificate;
const pods = new Map<string, MeshPod>();

beforeAll(async () => {
  at = await meshCluster();
  await namespacesOf(at, { shop: "main", evil: "main" });
  meant = await (await testAuthority()).issue({ type: "dns", value: "till.example.com" });
  await storeSecret(meant);
  serving = await at.authority.issue({ type: "dns", value: "localhost" });
  const secrets = [{ arn: MEANT, secret: "till-tls", namespaces: ["shop"] }];
  controlPlane = await testControlPlane(at.cluster.kubeconfig, replaceableCertificate(serving), {
    controlPlane: { mesh: "serve", certificates: { secrets } },
  });
  await accepted(
    at,
    mesh("main"),
    node("shop/front", backends("web")),
    node("shop/web", tlsBy(SIGNED)),
    node("shop/till", tlsBy(MEANT)),
    router("shop/web", route("all", { web: 1, till: 1 })),
    service("shop/web", { awsName: "web.shop.svc.cluster.local" }),
    node("evil/own", tlsBy(SIGNED)),
  );
  for (const [namespace, name] of [
    ["shop", "front"],
    ["shop", "web"],
    ["shop", "till"],
    ["evil", "own"],
  ] as const) {
    pods.set(name, await createMeshPod(at.cluster.api, namespace, `${name}-1`, { labels: { app: name } }));
  }
});

afterAll(async () => {
  await controlPlane?.close();
  await at?.stop();
});

function tlsBy(certificateARN: string): JsonObject {
  const tls = { mode: "STRICT", certificate: { acm: { certificateARN } } };
  return { listeners: [{ portMapping: { port: 8080, protocol: "http" }, tls }] };
}

async function storeSecret({ cert, key }: ServerCertificate): Promise<void> {
  const data = { "tls.crt": cert, "tls.key": key, "ca.crt": at.authority.pem };
  await at.cluster.api.apply(`${SYSTEM}/secrets/till-tls`, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "till-tls", namespace: "appmesh-system" },
    type: "kubernetes.io/tls",
    data: Object.fromEntries(Object.entries(data).map(([field, pem]) => [field, Buffer.from(pem).toString("base64")])),
  });
}

function podOf(name: string): MeshPod {
  return pods.get(name) as MeshPod;
}

type Protocol = "delta" | "sotw";
/** Type and name of each resource, with its bytes. */
type Resources = ReadonlyMap<string, Uint8Array>;

/** Names of a node's resources, none of which a proxy of another node has. */
const OF_SHOP: Readonly<Partial<Record<TypeUrl, readonly string[]>>> = {
  [TYPES.cluster]: ["cds_egress_main_web_shop_http_8080", "cds_egress_main_till_shop_http_8080"],
  [TYPES.route]: ["rds_egress_http_8080"],
  [TYPES.endpoints]: ["cds_egress_main_web_shop_http_8080"],
  [TYPES.secret]: [`acm-certificate:${SIGNED}`, `acm-certificate:${MEANT}`],
};

interface Asking {
  readonly pod: string;
  /** The node that it says it is. */
  readonly claims: string;
  readonly protocol: Protocol;
}

/**
 * What the proxy of a pod gets that asks for everything and, by their names, for resources of namespace "shop": once its certificate is there, if
 * it is to have one, and the server has nothing more to say.
 */
async function gets({ pod, claims, protocol }: Asking, wanted: string): Promise<Resources> {
  const client = xdsClient(controlPlane.address.port, at.authority.pem);
  const claim = { id: `mesh/main/virtualNode/${claims}`, cluster: claims };
  const held = new Map<string, Uint8Array>();
  const token = await tokenOf(at.cluster.api, podOf(pod));
  const asked = Object.entries(OF_SHOP) as [TypeUrl, readonly string[]][];
  const all = [TYPES.cluster, TYPES.listener].map((type) => [type, []] as const);
  if (protocol === "delta") {
    const call = client.delta(token);
    for (const [typeUrl, resourceNamesSubscribe] of [...all, ...asked]) {
      call.send({ typeUrl, resourceNamesSubscribe: [...resourceNamesSubscribe], node: claim });
    }
    void (async () => {
      for (;;) {
        const { nonce, resources, typeUrl } = await call.next();
        for (const { name, resource } of resources) held.set(`${typeUrl} ${name}`, resource?.value ?? new Uint8Array());
        call.send({ typeUrl, responseNonce: nonce });
      }
    })().catch(() => undefined);
  } else {
    const call = client.sotw(token);
    const names = new Map([...all, ...asked].map(([type, each]) => [type as string, [...each]]));
    names.set(TYPES.cluster, ["*", ...(OF_SHOP[TYPES.cluster] ?? [])]);
    for (const [typeUrl, resourceNames] of names) call.send({ typeUrl, resourceNames, node: claim });
    void (async () => {
      for (;;) {
        const { nonce, resources, typeUrl, versionInfo } = await call.next();
        for (const [index, { value }] of resources.entries()) held.set(`${typeUrl} ${versionInfo} ${index}`, value);
        call.send({ typeUrl, versionInfo, responseNonce: nonce, resourceNames: names.get(typeUrl) ?? [] });
      }
    })().catch(() => undefined);
  }
  try {
    await until(async () => {
      const has = (type: TypeUrl, says: string) =>
        [...held].some(([key, bytes]) => key.startsWith(type) && bytesSay(bytes, says));
      if (!has(TYPES.listener, wanted) || !has(TYPES.cluster, ""))
        return `no listener says ${wanted}, or no cluster came`;
      const stream = (await controlPlane.streams()).find((each) => member(each["pod"], "uid") === podOf(pod).uid);
      const types = Object.entries(objectOf(stream?.["types"]));
      const waiting = types.filter(([, state]) => member(state, "waiting") === true).map(([type]) => type);
      return types.length === 5 && waiting.length === 0 ? undefined : `waiting for ${waiting.join()}`;
    });
    return held;
  } finally {
    client.close();
  }
}

function bytesSay(bytes: Uint8Array, wanted: string): boolean {
  return Buffer.from(bytes).includes(wanted);
}

/** The private key that is in what a proxy has. */
function keysIn(resources: Resources): readonly string[] {
  return [...resources].flatMap(([key, bytes]) => {
    if (!key.startsWith(TYPES.secret)) return [];
    const { type } = fromBinary(SecretSchema, bytes);
    const found = type.case === "tlsCertificate" ? type.value.privateKey?.specifier : undefined;
    return found?.case === "inlineString" ? [found.value.trim()] : [];
  });
}

const CERTIFICATE = `acm-certificate:${SIGNED}`;

describe.each(["delta", "sotw"] as const)("over %s", (protocol) => {
  test("a proxy gets no configuration and no secret of another node, which it claims to be and whose resources it asks for by name", async () => {
    for (const claims of ["web_shop", "till_shop", "front_shop"]) {
      const found = await gets({ pod: "own", claims, protocol }, CERTIFICATE);
      const foreign = [...found].filter(([, bytes]) => bytesSay(bytes, "_shop") || bytesSay(bytes, MEANT));
      expect(foreign.map(([key]) => key)).toEqual([]);
      // of the certificate that both call by one name it gets its own
      expect(keysIn(found).length).toBeLessThanOrEqual(1);
    }
  });

  test("the node's own proxies do get them, whatever they claim", async () => {
    const web = await gets({ pod: "web", claims: "own_evil", protocol }, CERTIFICATE);
    const till = await gets({ pod: "till", claims: "own_evil", protocol }, `acm-certificate:${MEANT}`);
    const front = await gets({ pod: "front", claims: "own_evil", protocol }, "rds_egress_http_8080");
    expect(keysIn(till)).toEqual([meant.key.trim()]);
    expect(keysIn(web)).toHaveLength(1);
    expect([...front.values()].some((bytes) => bytesSay(bytes, "cds_egress_main_web_shop_http_8080"))).toBe(true);
    const own = await gets({ pod: "own", claims: "own_evil", protocol }, CERTIFICATE);
    expect(keysIn(own)).toHaveLength(1);
    expect(keysIn(own)).not.toEqual(keysIn(web));
  });
});

/** Forms in which a key would be seen: lines of its PEM, and what a Secret has; the end of it may be the public key, which is in certificates too. */
function formsOf(pem: string): readonly string[] {
  const lines = pem.split("\n").filter((line) => line !== "" && !line.startsWith("-----"));
  const wrapped = Buffer.from(pem).toString("base64");
  return [...lines.slice(0, 2), wrapped.slice(60, 100), wrapped.slice(104, 144)];
}

async function textOf(path: string): Promise<string> {
  const { body, status } = await at.cluster.api.send("GET", path);
  expect(status, path).toBe(200);
  return JSON.stringify(body);
}

describe("private keys", () => {
  let keys: readonly string[];

  beforeAll(async () => {
    const signed = await Promise.all(
      ["web", "own"].map((pod) => gets({ pod, claims: pod, protocol: "delta" }, CERTIFICATE)),
    );
    const { body } = await at.cluster.api.send("GET", `${SYSTEM}/secrets`);
    const stored = objectsOf(body["items"]).flatMap(({ data }) =>
      Object.values(objectOf(data)).map((value) => Buffer.from(text(value), "base64").toString()),
    );
    const ofSecrets = stored.flatMap((value) =>
      [...value.matchAll(/-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*-----END [A-Z ]*PRIVATE KEY-----/g)].map(String),
    );
    keys = [...signed.flatMap(keysIn), ...ofSecrets, serving.key];
    // what goes wrong with a key is said, without it: one of another certificate, and one that is none
    const other = await at.authority.issue({ type: "dns", value: "other.example.com" });
    await storeSecret({ cert: meant.cert, key: other.key });
    await at.untilSaid("VirtualNode", "shop/till", "Programmed=False CertificateSecret").catch(() => undefined);
    await storeSecret({ cert: meant.cert, key: other.key.replace("BEGIN", "BEGUN") });
    keys = [...keys, other.key];
  });

  test("are known to the test: of two nodes, of their authority, of a Secret, and of the control plane", () => {
    expect(new Set(keys).size).toBeGreaterThanOrEqual(6);
    for (const form of keys.flatMap(formsOf)) expect(form.length).toBeGreaterThanOrEqual(36);
  });

  function expectNone(where: string, said: string): void {
    expect(said.length, where).toBeGreaterThan(0);
    for (const form of keys.flatMap(formsOf)) expect(said.includes(form), where).toBe(false);
  }

  test("are in no line of the log, which says everything", () => {
    expect(controlPlane.lines.some(({ level }) => level === "debug" || level === 20)).toBe(true);
    expectNone("log", JSON.stringify(controlPlane.lines));
  });

  test("are on no page of diagnostics, and in no metric", async () => {
    for (const [port, path] of [
      [controlPlane.diagnosticsAddress?.port, "/streams"],
      [controlPlane.diagnosticsAddress?.port, "/slipped-through"],
      [controlPlane.metricsAddress?.port, "/metrics"],
    ] as const) {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`);
      expect(answer.status, path).toBe(200);
      expectNone(path, await answer.text());
    }
  });

  test("are in no object but Secrets: no status, annotation, event, report, ConfigMap or Lease", async () => {
    for (const kind of Object.keys(KIND_FACTS) as Kind[]) expectNone(kind, await textOf(collectionOf(kind)));
    for (const path of ["/api/v1/pods", "/api/v1/configmaps", "/api/v1/events", "/api/v1/namespaces"]) {
      expectNone(path, await textOf(path));
    }
    expectNone("leases", await textOf("/apis/coordination.k8s.io/v1/leases"));
  });

  test("are in nothing that the command line prints", async () => {
    const cluster = ["--kubeconfig", at.cluster.kubeconfig];
    const orders: readonly (readonly string[])[] = [
      ["status", "--output", "json"],
      ["problems", "--output", "json"],
      ["check", "--output", "json"],
      ["describe", "virtualnode/till", "-n", "shop", "--output", "json"],
      ["describe", "virtualnode/web", "-n", "shop", "--output", "json"],
      ["describe", "mesh/main", "--output", "json"],
      ...["front", "web", "till"].map((name) => ["proxy", `${name}-1`, "-n", "shop", "--output", "json"]),
    ];
    for (const order of orders) {
      const { stdout, stderr } = await outrigger([...order, ...cluster]);
      expectNone(order.join(" "), `${stdout}${stderr}`);
    }
  });
});

function collectionOf(kind: Kind): string {
  const one = pathOf(kind, kind === "Mesh" ? "x" : "x/x");
  return one.replace(/\/x$/, "").replace("/namespaces/x", "");
}
