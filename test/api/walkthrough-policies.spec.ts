import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type JsonObject, member, objectOf } from "../../src/model/json.ts";
import { INJECT_KEY } from "../../src/model/names.ts";
import { type ApiAnswer, connectApi } from "./api-connection.ts";
import { text } from "./api-object.ts";
import { dryRun } from "./corpus-cluster.ts";
import { createNamespace, nginx } from "./namespaces.ts";
import { type RegisteredWebhook, registerWebhook } from "./registered-webhook.ts";
import { containerOf } from "./sidecar.ts";

// A namespace's policies judge the pod after the webhook, by the API server's own admission plugins: with our containers in
// it, the pod must still fit, or we say why not.

const api = connectApi(inject("cluster"));
let webhook: RegisteredWebhook | undefined;

beforeAll(async () => {
  webhook = await registerWebhook(api, inject("cluster"));
});

afterAll(async () => {
  await webhook?.stop();
  await api.close();
});

interface Policy {
  readonly kind: "LimitRange" | "ResourceQuota";
  readonly spec: JsonObject;
}

/** An enabled namespace with the policy in it, in force. */
async function namespaceWith({ kind, spec }: Policy): Promise<string> {
  const namespace = await createNamespace(api, "policies", { [INJECT_KEY]: "enabled" });
  const path = `/api/v1/namespaces/${namespace}/${kind.toLowerCase()}s`;
  const policy = await api.create(path, { apiVersion: "v1", kind, metadata: { name: "policy" }, spec });
  if (kind === "ResourceQuota") {
    // what the quota controller does as soon as it sees one: before, admission does not count
    const hard = objectOf(spec.hard);
    const used = Object.fromEntries(Object.keys(hard).map((key) => [key, "0"]));
    const { status } = await api.send("PUT", `${path}/policy/status`, { ...policy, status: { hard, used } });
    expect(status).toBe(200);
  }
  return namespace;
}

/** The nginx container with more members, as the only one of a pod. */
function app(members: JsonObject, annotations: Readonly<Record<string, string>> = {}): JsonObject {
  const container = { name: "nginx", image: "nginx", ports: [{ containerPort: 80 }], ...members };
  return { ...nginx({ name: "nginx", annotations }), spec: { containers: [container] } };
}

/** What became of the pod: its quality of service and Envoy's share, or the refusal. */
function shape({ status, body }: ApiAnswer): unknown {
  if (status !== 201) return text(body.message);
  return { qos: member(body.status, "qosClass"), envoy: member(containerOf(body, "envoy"), "resources") };
}

/** The webhook hears of a new policy within moments; this asks until it has. */
function becomes(namespace: string, pod: JsonObject) {
  return expect.poll(async () => shape(await dryRun(api, namespace, pod)), { timeout: 60_000 });
}

const both = (cpu: string, memory: string) => ({ requests: { cpu, memory }, limits: { cpu, memory } });
const SMALL = { requests: { cpu: "100m", memory: "64Mi" } };
const limitRange = (limit: JsonObject): Policy => ({ kind: "LimitRange", spec: { limits: [limit] } });
const quota = (hard: JsonObject): Policy => ({ kind: "ResourceQuota", spec: { hard } });

describe("a pod with its sidecar", () => {
  test("stays Guaranteed when it was, with limits of the sidecar's own", async () => {
    const namespace = await createNamespace(api, "policies", { [INJECT_KEY]: "enabled" });
    await becomes(namespace, app({ resources: both("100m", "64Mi") })).toEqual({
      qos: "Guaranteed",
      envoy: both("100m", "128Mi"),
    });
  });

  test("is raised to the minimum of a LimitRange", async () => {
    const namespace = await namespaceWith(limitRange({ type: "Container", min: { cpu: "50m", memory: "64Mi" } }));
    await becomes(namespace, app({ resources: SMALL })).toEqual({
      qos: "Burstable",
      envoy: { requests: { cpu: "50m", memory: "64Mi" } },
    });
  });

  test("keeps to the ratio of limit and request that a LimitRange allows", async () => {
    const limit = { type: "Container", maxLimitRequestRatio: { cpu: "2" }, default: { cpu: "100m" } };
    const namespace = await namespaceWith(limitRange({ ...limit, defaultRequest: { cpu: "50m" } }));
    await becomes(namespace, app({})).toEqual({
      qos: "Burstable",
      envoy: { limits: { cpu: "20m" }, requests: { cpu: "10m", memory: "32Mi" } },
    });
  });

  test("has limits where a quota counts them", async () => {
    const namespace = await namespaceWith(quota({ "limits.cpu": "2", "limits.memory": "1Gi" }));
    const resources = { ...SMALL, limits: { cpu: "1", memory: "128Mi" } };
    await becomes(namespace, app({ resources })).toEqual({
      qos: "Burstable",
      envoy: { limits: { cpu: "100m", memory: "128Mi" }, requests: { cpu: "10m", memory: "32Mi" } },
    });
  });

  test("shares the resources of the pod where the pod itself sets them", async () => {
    const namespace = await createNamespace(api, "policies", { [INJECT_KEY]: "enabled" });
    const pod = app({});
    await becomes(namespace, {
      ...pod,
      spec: { ...objectOf(pod.spec), resources: both("200m", "200Mi") },
    }).toEqual({ qos: "Guaranteed", envoy: {} });
  });
});

describe("a pod that cannot fit with its sidecar is refused", () => {
  test("by us, naming both numbers, when a LimitRange's maximum is too small", async () => {
    const namespace = await namespaceWith(limitRange({ type: "Container", max: { cpu: "5m" } }));
    await becomes(namespace, app({ resources: { requests: { cpu: "5m" } } })).toMatch(
      /needs 10m of cpu, but LimitRange policy allows at most 5m a container.*\(limits-cannot-be-met\)$/,
    );
  });

  test("by us, naming both numbers, when a LimitRange's maximum for the whole pod is too small", async () => {
    const namespace = await namespaceWith(limitRange({ type: "Pod", max: { cpu: "105m" } }));
    await becomes(namespace, app({ resources: both("100m", "64Mi") })).toMatch(
      /needs 200m of cpu, but LimitRange policy allows at most 105m a pod.*\(limits-cannot-be-met\)$/,
    );
  });

  test("by the quota, which counts the sidecar, when there is no room left", async () => {
    const namespace = await namespaceWith(quota({ "limits.cpu": "150m" }));
    await becomes(namespace, app({ resources: both("100m", "64Mi") })).toMatch(
      /exceeded quota: policy, requested: limits.cpu=200m, used: limits.cpu=0, limited: limits.cpu=150m/,
    );
  });
});

describe.each(["baseline", "restricted"])("where Pod Security enforces %s", (level) => {
  const HARDENED = {
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 1000,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    },
  };
  let namespace = "";
  beforeAll(async () => {
    const labels = { [INJECT_KEY]: "enabled", "pod-security.kubernetes.io/enforce": level };
    namespace = await createNamespace(api, "policies", labels);
  });

  test("the refusal of NET_ADMIN comes with a warning that says the way out", async () => {
    const { status, body, warnings } = await dryRun(api, namespace, app(HARDENED));
    expect({ status, message: text(body.message) }).toEqual({
      status: 403,
      message: expect.stringContaining('container "proxyinit" must not include "NET_ADMIN"'),
    });
    expect(warnings).toContainEqual(expect.stringMatching(/refuses NET_ADMIN of proxyinit: use the CNI plugin/));
  });

  test("the CNI plugin's pods are accepted", async () => {
    const pod = app(HARDENED, { "appmesh.k8s.aws/appmeshCNI": "enabled" });
    const { status, body } = await dryRun(api, namespace, pod);
    expect({ status, message: body.message }).toEqual({ status: 201, message: undefined });
    expect(containerOf(body, "envoy")).toBeDefined();
    expect(containerOf(body, "proxyinit")).toBeUndefined();
  });
});
