import { status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { StatusReport } from "../../src/diagnose/report/status.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { TOKEN_AUDIENCE } from "../../src/model/names.ts";
import { EGRESS_LISTENER, INGRESS_LISTENER } from "../../src/xds/translate/names.ts";
import { TYPES } from "../../src/xds/types.ts";
import { currentCluster } from "../../testbed/current-cluster.ts";
import { endedBefore, signedAgain } from "../signed-token.ts";
import { type XdsClient, xdsClient } from "../xds-client.ts";
import { outrigger } from "./installation.ts";
import { apply, kubectl } from "./kubectl.ts";
import { TestNamespace } from "./sidecar/app-pod.ts";
import { installed } from "./sidecar/installed.ts";
import { addressOf, nameOf, standingPods } from "./standing-pods.ts";

/*
 * Who may have a stream of the installed control plane, through its Service, with the trust that proxies have: tokens that the API
 * server made for pods, and ones that are wrong in one thing only.
 */

const PODS = new TestNamespace("tokens");
const NAMESPACE = "appmesh-system";
const LISTENERS = { typeUrl: TYPES.listener };
const PATIENCE = { timeout: 120_000, interval: 200 };

let client: XdsClient;
let controlPlane: string;
let metrics: string;

beforeAll(async () => {
  await Promise.all([installed(), PODS.create({}, "none")]);
  const [host, pem, [replica = {}]] = await Promise.all([
    valueIn("service/outrigger", ".spec.clusterIP"),
    valueIn("configmap/outrigger-trust", ".data.trust\\.pem"),
    standingPods(NAMESPACE, "app.kubernetes.io/name=outrigger-control-plane"),
  ]);
  client = xdsClient(18000, pem, `outrigger.${NAMESPACE}.svc`, host);
  controlPlane = nameOf(replica);
  metrics = `http://${addressOf(replica)}:9090/metrics`;
  await apply(...["served", "lender", "borrower", "deleted"].map((name) => PODS.pod(name)));
}, 300_000);

afterAll(async () => {
  client?.close();
  await PODS.delete();
});

function valueIn(objects: string, path: string): Promise<string> {
  return kubectl("get", ...objects.split(" "), "--namespace", NAMESPACE, `--output=jsonpath={${path}}`);
}

/** A token of the pod's service account, bound to the pod, as the kubelet asks for it. */
async function tokenOf(pod: string, audience: string = TOKEN_AUDIENCE): Promise<string> {
  const bound = ["--bound-object-kind=Pod", `--bound-object-name=${pod}`];
  return (await PODS.kubectl("create", "token", "default", `--audience=${audience}`, ...bound)).trim();
}

/** What the proxy of a pod says of itself. */
async function nodeOf(pod: string, id = `mesh/mynewmesh/virtualNode/${PODS.name}-${pod}`) {
  const uid = await PODS.valueOf(pod, ".metadata.uid");
  return { id, metadata: { outrigger: { pod: { name: pod, namespace: PODS.name, uid }, ipv6: true } } };
}

/** The value of a sample; 0 while there is none. */
async function metric(sample: string): Promise<number> {
  const text = await (await fetch(metrics, { signal: AbortSignal.timeout(20_000) })).text();
  const line = text.split("\n").find((each) => each.startsWith(`${sample} `));
  return line === undefined ? 0 : Number(line.slice(sample.length + 1));
}

/** Lines of the control plane's log about these pods, or about streams of nobody. */
async function logLines(): Promise<readonly JsonObject[]> {
  const text = await kubectl("logs", `pod/${controlPlane}`, "--namespace", NAMESPACE);
  return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as JsonObject]));
}

interface Refusal {
  /** Why, in the words of the log. */
  readonly problem: string;
  readonly reason: string;
  readonly code?: number;
}

/** The stream of a proxy in this pod is refused, which is counted and said, without the token. */
async function expectRefusal(pod: string, token: string | undefined, refusal: Refusal): Promise<void> {
  const { problem, reason, code = status.UNAUTHENTICATED } = refusal;
  const sample = `outrigger_xds_streams_closed_total{reason="${reason}",status="${status[code]}"}`;
  const [counted, before] = await Promise.all([metric(sample), logLines()]);
  const call = client.delta(token);
  call.send({ ...LISTENERS, node: await nodeOf(pod) });
  expect((await call.status).code).toBe(code);
  expect(call.waiting).toEqual([]);
  // proxies that an earlier file has left may be refused too; a stream is counted after its end was sent
  await vi.waitFor(async () => expect(await metric(sample)).toBeGreaterThan(counted), PATIENCE);
  // a container's output takes a moment to its log
  const said = await vi.waitFor(async () => {
    const lines = (await logLines()).slice(before.length).filter((line) => line["problem"] === problem);
    expect(lines).toMatchObject([{ level: "warn", reason, status: status[code] }]);
    return JSON.stringify(lines);
  }, PATIENCE);
  for (const part of token?.split(".") ?? []) expect(said).not.toContain(part);
}

test("the token of a pod's own is served, signed again with the cluster's key too", async () => {
  const token = await tokenOf("served");
  const { serviceAccountKey } = (await currentCluster()).running;
  for (const good of [token, await signedAgain(token, { jti: "of the test" }, serviceAccountKey)]) {
    const call = client.delta(good);
    call.send({ ...LISTENERS, node: await nodeOf("served") });
    // that for scrapers comes as soon as the pod's address is known
    const names = (await call.next()).resources.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([INGRESS_LISTENER, EGRESS_LISTENER]));
    call.end();
    expect((await call.status).code).toBe(status.OK);
  }
});

describe("refused, counted and said is", () => {
  test("no token", async () => {
    const problem = "there is no token: expected the header authorization with a bearer token";
    await expectRefusal("served", undefined, { reason: "no-token", problem });
  });

  test("a token for another audience", async () => {
    const problem = `the token's audience is another one: expected ${TOKEN_AUDIENCE}`;
    const token = await tokenOf("served", "https://kubernetes.default.svc");
    await expectRefusal("served", token, { reason: "wrong-audience", problem });
  });

  test("a token that has expired, with a good signature", async () => {
    const { serviceAccountKey } = (await currentCluster()).running;
    const token = await signedAgain(await tokenOf("served"), endedBefore(new Date()), serviceAccountKey);
    await expectRefusal("served", token, { reason: "expired-token", problem: "the token has expired" });
  });

  test("the token of another pod", async () => {
    const problem = `the token is that of the pod ${PODS.name}/lender, but the proxy says that it runs in another one`;
    const refusal = { reason: "token-of-another-pod", code: status.PERMISSION_DENIED, problem };
    await expectRefusal("borrower", await tokenOf("lender"), refusal);
  });

  test("the token of a deleted pod", async () => {
    const token = await tokenOf("deleted");
    await PODS.kubectl("delete", "pod", "deleted", "--now", "--timeout=150s");
    await expectRefusal("served", token, { reason: "pod-gone", problem: `there is no pod ${PODS.name}/deleted` });
  });
});

test("a proxy that names another node is served as its pod's own; that is counted, said, and shown by status", async () => {
  const claimed = "mesh/mynewmesh/virtualNode/payments";
  const own = `mesh/mynewmesh/virtualNode/${PODS.name}-served`;
  // its address is known, and so there is a listener for scrapers
  await PODS.ready("served");
  const [counted, before] = await Promise.all([metric("outrigger_xds_node_mismatches_total"), logLines()]);
  const call = client.sotw(await tokenOf("served"));
  const node = await nodeOf("served", claimed);
  call.send({ ...LISTENERS, node });
  const response = await call.next();
  // inbound, outbound, and the one for scrapers at the pod's address
  expect(response.resources).toHaveLength(3);
  call.send({ ...LISTENERS, versionInfo: response.versionInfo, responseNonce: response.nonce });
  // a proxy that an earlier file has left may be counted too
  await vi.waitFor(
    async () => expect(await metric("outrigger_xds_node_mismatches_total")).toBeGreaterThan(counted),
    PATIENCE,
  );
  await vi.waitFor(async () => {
    const lines = (await logLines()).slice(before.length).filter((line) => line["claimed"] === claimed);
    expect(lines).toMatchObject([{ level: "warn", pod: `${PODS.name}/served`, identity: { id: own } }]);
  }, PATIENCE);

  const report = JSON.parse(await outrigger("status", "--output", "json")) as StatusReport;
  const { uid } = node.metadata.outrigger.pod;
  expect(report.controlPlane.streams.filter(({ pod }) => pod.uid === uid)).toMatchObject([
    {
      pod: { namespace: PODS.name, name: "served" },
      claimed,
      resolved: { mesh: "mynewmesh", kind: "virtualNode", name: `${PODS.name}-served` },
      agrees: false,
      protocol: "sotw",
    },
  ]);
  call.end();
});
