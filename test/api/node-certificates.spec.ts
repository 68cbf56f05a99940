import { X509Certificate } from "node:crypto";
import { fromBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { customResourceDefinitions } from "../../src/install/objects/custom-resource-definitions.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { APPMESH_API_VERSION } from "../../src/model/kinds.ts";
import { SecretSchema } from "../../src/xds/generated/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import type { DeltaDiscoveryResponse } from "../../src/xds/generated/envoy/service/discovery/v3/discovery_pb.js";
import { TYPES } from "../../src/xds/types.ts";
import { comesTrue } from "../comes-true.ts";
import { replaceableCertificate, type TestControlPlane, testControlPlane } from "../control-plane-harness.ts";
import { testAuthority } from "../envoy/authority.ts";
import { createMeshPod, type MeshPod, meshNamespace, tokenOf } from "../mesh-pods.ts";
import { type XdsClient, xdsClient } from "../xds-client.ts";
import { type ApiConnection, connectApi } from "./api-connection.ts";
import { applyMeshObjects, installCrds, removeCrds } from "./custom-resources.ts";

/* Certificates that the control plane signs for nodes: the node's own proxies get them, and an attacker gets none in anybody else's name. */

const ARN = "arn:aws:acm:eu-west-1:123456789012:certificate/web";
/** Means a Secret, for one namespace. */
const MEANT = "arn:aws:acm:eu-west-1:123456789012:certificate/meant";
const MEANT_SECRET = "/api/v1/namespaces/appmesh-system/secrets/meant-tls";
const SECRET = "/api/v1/namespaces/appmesh-system/secrets/outrigger-workload-authority";

let api: ApiConnection;
let controlPlane: TestControlPlane;
let client: XdsClient;
let shop: string;
let evil: string;

beforeAll(async () => {
  const cluster = inject("cluster");
  api = connectApi(cluster);
  await installCrds(api, customResourceDefinitions());
  [shop, evil] = [await meshNamespace(api, "shop"), await meshNamespace(api, "evil")];
  for (const name of [shop, evil]) {
    const metadata = { name, labels: { mesh: shop } };
    await api.apply(`/api/v1/namespaces/${name}`, { apiVersion: "v1", kind: "Namespace", metadata });
  }
  const system = { apiVersion: "v1", kind: "Namespace", metadata: { name: "appmesh-system" } };
  await api.apply("/api/v1/namespaces/appmesh-system", system);
  const authority = await testAuthority();
  const certificate = replaceableCertificate(await authority.issue({ type: "dns", value: "localhost" }));
  const secrets = [{ arn: MEANT, secret: "meant-tls", namespaces: [shop] }];
  controlPlane = await testControlPlane(cluster.kubeconfig, certificate, {
    controlPlane: { mesh: "serve", certificates: { secrets } },
  });
  client = xdsClient(controlPlane.address.port, authority.pem);
  const mesh = {
    apiVersion: APPMESH_API_VERSION,
    kind: "Mesh",
    metadata: { name: shop },
    spec: { namespaceSelector: { matchLabels: { mesh: shop } } },
  };
  await applyMeshObjects(api, [
    mesh,
    node(shop, "web", `web.${shop}.svc.cluster.local`),
    // it says that it is the other one, and may write whatever it likes in its own namespace
    node(evil, "web", `web.${shop}.svc.cluster.local`),
    node(evil, "plane", "outrigger.appmesh-system.svc"),
    node(evil, "own", `own.${evil}.svc.cluster.local`),
    node(shop, "meant", "meant.example.com", MEANT),
    // an ARN is no secret: it may write that too, under a name that would get it a certificate otherwise
    node(evil, "meant", `meant.${evil}.svc.cluster.local`, MEANT),
  ]);
});

afterAll(async () => {
  client?.close();
  await controlPlane?.close();
  await api?.send("DELETE", SECRET);
  await api?.send("DELETE", MEANT_SECRET);
  await removeCrds(api, customResourceDefinitions());
  await api?.close();
});

function node(namespace: string, name: string, hostname: string, certificateARN = ARN): JsonObject {
  const tls = { mode: "STRICT", certificate: { acm: { certificateARN } } };
  return {
    apiVersion: APPMESH_API_VERSION,
    kind: "VirtualNode",
    metadata: { name, namespace },
    spec: {
      podSelector: { matchLabels: { app: name } },
      listeners: [{ portMapping: { port: 8080, protocol: "http" }, tls }],
      serviceDiscovery: { dns: { hostname } },
    },
  };
}

async function podOf(namespace: string, node: string): Promise<MeshPod> {
  return await createMeshPod(api, namespace, `${node}-1`, { labels: { app: node } });
}

/** That nobody gives a certificate: everything else of a stream comes sooner. */
const MOMENT_MS = 3_000;

/** The certificate that the proxy of a pod gets within so many milliseconds; undefined: none. */
async function certificateOf(pod: MeshPod, arn = ARN, patience = MOMENT_MS): Promise<X509Certificate | undefined> {
  const name = `acm-certificate:${arn}`;
  const call = client.delta(await tokenOf(api, pod));
  const claim = { id: "mesh/m/virtualNode/x", metadata: { outrigger: { pod } } };
  call.send({ typeUrl: TYPES.listener, node: claim });
  await call.next();
  call.send({ typeUrl: TYPES.secret, resourceNamesSubscribe: [name] });
  const found = (async () => {
    for (;;) {
      const { resources, typeUrl, nonce }: DeltaDiscoveryResponse = await call.next();
      call.send({ typeUrl, responseNonce: nonce });
      const secret = resources.find((one) => one.name === name)?.resource;
      if (secret === undefined) continue;
      const { type } = fromBinary(SecretSchema, secret.value);
      const chain = type.case === "tlsCertificate" ? type.value.certificateChain?.specifier : undefined;
      return chain?.case === "inlineString" ? new X509Certificate(chain.value) : undefined;
    }
  })();
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), patience));
  try {
    return await Promise.race([found.catch(() => undefined), late]);
  } finally {
    // a connection has room for a few streams
    call.cancel();
  }
}

test("a node's own proxies get a certificate for its names, by an authority that is not the mesh's", async () => {
  const certificate = await comesTrue(async () => {
    const found = await certificateOf(await podOf(shop, "web").catch(() => podAgain(shop, "web")));
    expect(found).toBeDefined();
    return found;
  });
  expect(certificate?.subjectAltName).toBe(
    ["", ".svc", ".svc.cluster.local"].map((end) => `DNS:web.${shop}${end}`).join(", "),
  );
  expect(certificate?.issuer).toContain("Outrigger workload authority");
  expect((await api.send("GET", SECRET)).status).toBe(200);
});

async function podAgain(namespace: string, node: string): Promise<MeshPod> {
  await api.send("DELETE", `/api/v1/namespaces/${namespace}/pods/${node}-1`);
  return await podOf(namespace, node);
}

test("an attacker's node gets none in the name of another namespace's, or of the control plane, and one in its own", async () => {
  const own = await certificateOf(await podOf(evil, "own"), ARN, 60_000);
  expect(own?.subjectAltName).toContain(`DNS:own.${evil}.svc`);
  expect(own?.subjectAltName).not.toContain(shop);
  for (const name of ["web", "plane"]) {
    expect(await certificateOf(await podOf(evil, name)), name).toBeUndefined();
    const path = `/apis/${APPMESH_API_VERSION}/namespaces/${evil}/virtualnodes/${name}`;
    await comesTrue(async () => {
      expect(JSON.stringify((await api.send("GET", path)).body)).toContain("so it gets no certificate");
    });
  }
});

/** Stores a certificate of a new authority with its key; `key`: that one in its place. */
async function storeMeant(name: string, key?: string): Promise<string> {
  const authority = await testAuthority();
  const issued = await authority.issue({ type: "dns", value: name });
  const data = { "tls.crt": issued.cert, "tls.key": key ?? issued.key, "ca.crt": authority.pem };
  await api.apply(MEANT_SECRET, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "meant-tls", namespace: "appmesh-system" },
    type: "kubernetes.io/tls",
    data: Object.fromEntries(
      Object.entries(data).map(([field, text]) => [field, Buffer.from(text).toString("base64")]),
    ),
  });
  return issued.key;
}

async function statusOf(namespace: string, name: string): Promise<string> {
  const path = `/apis/${APPMESH_API_VERSION}/namespaces/${namespace}/virtualnodes/${name}`;
  return JSON.stringify((await api.send("GET", path)).body);
}

test("an ARN that means a Secret is a problem while that is missing, then its certificate, and the next one", async () => {
  await comesTrue(async () => expect(await statusOf(shop, "meant")).toContain("is not there"));
  const pod = await podOf(shop, "meant");
  expect(await certificateOf(pod, MEANT)).toBeUndefined();
  await storeMeant("first.example.com");
  const shown = async (): Promise<string | undefined> => (await certificateOf(pod, MEANT, 60_000))?.subjectAltName;
  await comesTrue(async () => expect(await shown()).toBe("DNS:first.example.com"));
  await comesTrue(async () => expect(await statusOf(shop, "meant")).not.toContain("CertificateSecret"));
  const key = await storeMeant("second.example.com");
  await comesTrue(async () => expect(await shown()).toBe("DNS:second.example.com"));
  await storeMeant("third.example.com", key);
  await comesTrue(async () => expect(await statusOf(shop, "meant")).toContain("is not the key of the first"));
  expect(await shown()).toBe("DNS:second.example.com");
  const [body = ""] = key.split("\n").slice(1);
  const said = [
    JSON.stringify(controlPlane.lines),
    await statusOf(shop, "meant"),
    JSON.stringify(await controlPlane.streams()),
  ];
  for (const text of said) expect(text).not.toContain(body);
});

test("a node of another namespace that names the ARN gets nothing, not even one of its own, and hears nothing of the Secret", async () => {
  await storeMeant("shown.example.com");
  expect(await certificateOf(await podOf(evil, "meant"), MEANT)).toBeUndefined();
  await comesTrue(async () => expect(await statusOf(evil, "meant")).toContain(`other namespaces than ${evil}`));
  expect(await statusOf(evil, "meant")).not.toContain("meant-tls");
});
