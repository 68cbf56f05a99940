import { createSign, generateKeyPairSync } from "node:crypto";
import { status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { TYPES } from "../../src/xds/types.ts";
import { comesTrue } from "../comes-true.ts";
import { replaceableCertificate, type TestControlPlane, testControlPlane } from "../control-plane-harness.ts";
import { type TestAuthority, testAuthority } from "../envoy/authority.ts";
import { createMeshPod, type MeshPod, meshNamespace, type TokenWishes, tokenOf } from "../mesh-pods.ts";
import { endedBefore, signedAgain } from "../signed-token.ts";
import { type XdsClient, xdsClient } from "../xds-client.ts";
import { type ApiConnection, connectApi } from "./api-connection.ts";

/* Who may have a stream: tokens of a real API server, verified with its published keys, against its pods. */

const PATIENCE = { timeout: 90_000, interval: 50 };

let api: ApiConnection;
let namespace: string;
let authority: TestAuthority;
let controlPlane: TestControlPlane;
let client: XdsClient;

beforeAll(async () => {
  const cluster = inject("cluster");
  api = connectApi(cluster);
  namespace = await meshNamespace(api, "tokens");
  authority = await testAuthority();
  const certificate = replaceableCertificate(await authority.issue({ type: "dns", value: "localhost" }));
  controlPlane = await testControlPlane(cluster.kubeconfig, certificate);
  client = xdsClient(controlPlane.address.port, authority.pem);
  await vi.waitFor(async () => {
    const { port } = controlPlane.metricsAddress ?? { port: 0 };
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
  }, PATIENCE);
});

afterAll(async () => {
  client?.close();
  await controlPlane?.close();
  await api?.close();
});

const LISTENERS = { typeUrl: TYPES.listener };

function nodeOf(pod: MeshPod, id = "mesh/shop/virtualNode/whatever") {
  const { name, uid } = pod;
  return { id, metadata: { outrigger: { pod: { name, namespace, uid } } } };
}

async function expectServed(token: string, pod: MeshPod): Promise<void> {
  const call = client.delta(token);
  call.send({ ...LISTENERS, node: nodeOf(pod) });
  expect((await call.next()).resources.map(({ name }) => name)).toEqual([
    "lds_ingress_0.0.0.0_15000",
    "lds_egress_0.0.0.0_15001",
  ]);
  call.end();
  await call.status;
}

/** The stream is refused, which is counted and logged, and nothing of the token is in the log. */
async function expectRefusal(token: string | undefined, reason: string, code: number, pod?: MeshPod): Promise<string> {
  const sample = `outrigger_xds_streams_closed_total{reason="${reason}",status="${status[code]}"}`;
  const before = (await controlPlane.metric(sample)) ?? 0;
  const said = controlPlane.lines.length;
  const call = client.delta(token);
  call.send({ ...LISTENERS, ...(pod && { node: nodeOf(pod) }) });
  const ended = await call.status;
  expect(ended.code).toBe(code);
  expect(await controlPlane.metric(sample)).toBe(before + 1);
  const lines = controlPlane.lines.slice(said).filter((line) => line["reason"] === reason);
  expect(lines).toHaveLength(1);
  for (const part of token?.split(".") ?? [])
    if (part.length > 8) expect(JSON.stringify(controlPlane.lines)).not.toContain(part);
  return ended.details;
}

async function podWithToken(name: string, wishes?: TokenWishes): Promise<{ pod: MeshPod; token: string }> {
  const pod = await createMeshPod(api, namespace, name);
  return { pod, token: await tokenOf(api, pod, wishes) };
}

test("a pod's own token is served, and the API server is not asked about it", async () => {
  const { pod, token } = await podWithToken("served");
  await expectServed(token, pod);
  expect(await controlPlane.metric('outrigger_xds_token_checks_total{by="keys"}')).toBe(1);
  expect(await controlPlane.metric('outrigger_xds_token_checks_total{by="review"}')).toBe(0);
});

describe("refused is", () => {
  test("no token", async () => {
    expect(await expectRefusal(undefined, "no-token", status.UNAUTHENTICATED)).toContain("bearer token");
  });

  test("what is not a token", async () => {
    await expectRefusal("not-a-token", "malformed-token", status.UNAUTHENTICATED);
  });

  test("a token for somebody else", async () => {
    const { token } = await podWithToken("other-audience", { audience: "https://kubernetes.default.svc" });
    expect(await expectRefusal(token, "wrong-audience", status.UNAUTHENTICATED)).toContain("outrigger.dev/xds");
  });

  test("a token that is bound to no pod", async () => {
    const { token } = await podWithToken("unbound", { unbound: true });
    await expectRefusal(token, "not-a-pod", status.UNAUTHENTICATED);
  });

  test("a token whose payload was changed, and one of a key that the cluster does not have", async () => {
    const { token } = await podWithToken("forged");
    const [head = "", body = "", signature = ""] = token.split(".");
    const claims = JSON.parse(Buffer.from(body, "base64url").toString()) as Record<string, unknown>;
    const changed = encoded({ ...claims, exp: Number(claims["exp"]) + 1 });
    await expectRefusal(`${head}.${changed}.${signature}`, "bad-signature", status.UNAUTHENTICATED);

    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const unsigned = `${encoded({ alg: "RS256", kid: "a-key-of-mine" })}.${body}`;
    const own = createSign("sha256").update(unsigned).sign(privateKey).toString("base64url");
    await expectRefusal(`${unsigned}.${own}`, "bad-signature", status.UNAUTHENTICATED);
  });

  test("a token without a signature, whatever it says of its algorithm", async () => {
    const { token } = await podWithToken("unsigned");
    const [, body = ""] = token.split(".");
    await expectRefusal(`${encoded({ alg: "none" })}.${body}.AAAA`, "bad-signature", status.UNAUTHENTICATED);
  });

  test("a token that has expired, although everything else of it is right", async () => {
    const { pod, token } = await podWithToken("expired");
    const serviceAccountKey = inject("serviceAccountKey");
    await expectServed(await signedAgain(token, { jti: "of the test" }, serviceAccountKey), pod);
    const past = await signedAgain(token, endedBefore(new Date()), serviceAccountKey);
    await expectRefusal(past, "expired-token", status.UNAUTHENTICATED, pod);
  });

  test("the token of a deleted pod; its standing stream is ended", async () => {
    const { pod, token } = await podWithToken("deleted");
    const call = client.delta(token);
    call.send({ ...LISTENERS, node: nodeOf(pod) });
    const { nonce } = await call.next();
    call.send({ ...LISTENERS, responseNonce: nonce });
    // the cache has it, so that it can be gone from it: it gets a listener at the address that only the cache knows
    const path = `/api/v1/namespaces/${namespace}/pods/${pod.name}/status`;
    const { body } = await api.send("GET", path);
    await api.send("PUT", path, { ...body, status: { podIP: "10.1.0.7", podIPs: [{ ip: "10.1.0.7" }] } });
    expect((await call.next()).resources.map(({ name }) => name)).toEqual(["outrigger_stats"]);
    await api.send("DELETE", `/api/v1/namespaces/${namespace}/pods/${pod.name}?gracePeriodSeconds=0`);
    expect((await call.status).code).toBe(status.UNAUTHENTICATED);
    expect(await expectRefusal(token, "pod-gone", status.UNAUTHENTICATED)).toBe(`there is no pod ${namespace}/deleted`);
  });

  test("the token of a pod whose name another one has now", async () => {
    const { pod, token } = await podWithToken("replaced");
    await api.send("DELETE", `/api/v1/namespaces/${namespace}/pods/${pod.name}?gracePeriodSeconds=0`);
    await createMeshPod(api, namespace, "replaced");
    await expectRefusal(token, "pod-replaced", status.UNAUTHENTICATED);
  });

  test("the token of another pod than the one that the proxy says it runs in", async () => {
    const { token } = await podWithToken("lender");
    const { pod: borrower } = await podWithToken("borrower");
    const details = await expectRefusal(token, "token-of-another-pod", status.PERMISSION_DENIED, borrower);
    expect(details).toContain(`${namespace}/lender`);
  });
});

test("a proxy that names another node is served as its pod's own; the mismatch is counted and said", async () => {
  const { pod, token } = await podWithToken("liar");
  const before = (await controlPlane.metric("outrigger_xds_node_mismatches_total")) ?? 0;
  const call = client.sotw(token);
  call.send({ ...LISTENERS, node: nodeOf(pod, "mesh/shop/virtualNode/payments") });
  const response = await call.next();
  expect(response.resources).toHaveLength(2);
  call.send({ ...LISTENERS, versionInfo: response.versionInfo, responseNonce: response.nonce });
  expect(await controlPlane.metric("outrigger_xds_node_mismatches_total")).toBe(before + 1);
  expect(controlPlane.lines.find((line) => line["claimed"] === "mesh/shop/virtualNode/payments")).toMatchObject({
    pod: `${namespace}/liar`,
    identity: { id: `mesh/shop/virtualNode/${namespace}-liar` },
  });
  await comesTrue(async () =>
    expect(await streamOf(pod)).toMatchObject({
      pod: { namespace, name: "liar", uid: pod.uid },
      serviceAccount: "default",
      claimed: "mesh/shop/virtualNode/payments",
      resolved: { id: `mesh/shop/virtualNode/${namespace}-liar`, kind: "virtualNode" },
      agrees: false,
      protocol: "sotw",
      types: { listener: { accepted: response.versionInfo } },
    }),
  );
  call.end();
});

test("a pod's annotations say which node of which mesh it is", async () => {
  const annotations = { "appmesh.k8s.aws/virtualNode": "chosen", "appmesh.k8s.aws/mesh": "other" };
  const pod = await createMeshPod(api, namespace, "annotated", { annotations });
  const call = client.delta(await tokenOf(api, pod));
  call.send({ ...LISTENERS, node: nodeOf(pod, "mesh/other/virtualNode/chosen") });
  await call.next();
  expect(await streamOf(pod)).toMatchObject({ agrees: true, resolved: { id: "mesh/other/virtualNode/chosen" } });
  call.end();
});

async function streamOf(pod: MeshPod) {
  const all = (await controlPlane.streams()) as readonly { readonly pod?: { readonly uid: string } }[];
  return all.find((stream) => stream.pod?.uid === pod.uid);
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
