import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type JsonObject, listOf, member, objectOf, objectsOf } from "../../src/model/json.ts";
import { apply, kubectl, outcomeOf } from "./kubectl.ts";
import { readyWhenAnswering, TestNamespace } from "./sidecar/app-pod.ts";
import { statesIn } from "./sidecar/container-states.ts";
import { counted } from "./sidecar/envoy-counters.ts";
import { installed } from "./sidecar/installed.ts";
import { script } from "./sidecar/script.ts";

/* Pods of unusual shapes, running with their sidecar; and what a strict namespace makes of it. */

const MESH = new TestNamespace("shapes");
const RESTRICTED = new TestNamespace("shapes-restricted");
/** OpenShift's label and annotation on a Kubernetes without OpenShift: nobody enforces the range here, but we take it seriously. */
const RANGED = new TestNamespace("shapes-ranged");
const PREPARE_MS = 300_000;

const STRICT = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  privileged: false,
  readOnlyRootFilesystem: true,
};
const STRICT_POD = { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } };
const MANY = 8;

let outside: string;

beforeAll(async () => {
  await Promise.all([
    installed(),
    MESH.create(),
    RESTRICTED.create({ "pod-security.kubernetes.io/enforce": "restricted" }),
    RANGED.create(),
  ]);
  await kubectl("annotate", "namespace", RANGED.name, "openshift.io/sa.scc.uid-range=1000650000/10000");
  outside = await MESH.outside();
  await apply(
    MESH.pod("plain"),
    MESH.pod("strict", { container: { securityContext: STRICT }, spec: { securityContext: STRICT_POD } }),
    MESH.pod("host", { container: { args: ["serve", "--http", "18080"], ports: [] }, spec: { hostNetwork: true } }),
    MESH.pod("host-port", { container: { ports: [{ containerPort: 8080, hostPort: 18081 }] } }),
    MESH.pod("many", {
      spec: {
        initContainers: [
          { name: "before", image: "busybox", command: ["true"] },
          { name: "beside", image: "busybox", command: ["sleep", "3600"], restartPolicy: "Always" },
        ],
        containers: Array.from({ length: MANY }, (_, index) => ({
          name: `app-${index}`,
          image: "testbed/app:1",
          args: ["serve", "--http", String(8080 + index), "--stop", "abrupt"],
          ports: [{ containerPort: 8080 + index }],
          ...readyWhenAnswering(8080 + index),
        })),
      },
    }),
    MESH.pod("shared-processes", { spec: { shareProcessNamespace: true } }),
    MESH.pod("own-users", { spec: { securityContext: { runAsUser: 2000, runAsGroup: 3000, fsGroup: 4000 } } }),
    RANGED.pod("ranged"),
    RESTRICTED.pod("cni", {
      annotations: { "appmesh.k8s.aws/appmeshCNI": "enabled" },
      container: { securityContext: STRICT },
      spec: { securityContext: STRICT_POD },
    }),
  );
  await Promise.all([
    MESH.ready("plain", "strict", "host", "host-port", "many", "shared-processes", "own-users"),
    RANGED.ready("ranged"),
    RESTRICTED.ready("cni"),
  ]);
}, PREPARE_MS);

afterAll(async () => {
  await Promise.all([MESH.delete(), RESTRICTED.delete(), RANGED.delete()]);
});

async function stored(where: TestNamespace, name: string): Promise<JsonObject> {
  return JSON.parse(await where.kubectl("get", "pod", name, "--output=json")) as JsonObject;
}

/** A container or init container of a pod, as it is stored. */
async function containerOf(where: TestNamespace, pod: string, name: string): Promise<JsonObject> {
  const { spec } = await stored(where, pod);
  const all = [...listOf(member(spec, "initContainers")), ...listOf(member(spec, "containers"))];
  return objectOf(all.find((container) => member(container, "name") === name));
}

/** One request in, and one out, through the pod's Envoy. */
async function expectTrafficThroughEnvoy(where: TestNamespace, pod: string): Promise<void> {
  const { ipv4 } = await where.addressesOf(pod);
  const get = await script("get");
  const inAndOut = async () => {
    const answer = await fetch(`http://${ipv4}:8080/`, {
      headers: { connection: "close" },
      signal: AbortSignal.timeout(30_000),
    });
    expect(answer.status).toBe(200);
    await where.run(pod, get, outside);
  };
  expect(await counted(ipv4, inAndOut)).toEqual({ inbound: 1, outbound: 1 });
}

describe("Envoy", () => {
  test("has a read-only root, no capabilities, the runtime's seccomp profile, and is 1337", async () => {
    expect((await containerOf(MESH, "plain", "envoy"))["securityContext"]).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      privileged: false,
      readOnlyRootFilesystem: true,
      runAsGroup: 1337,
      runAsNonRoot: true,
      runAsUser: 1337,
      seccompProfile: { type: "RuntimeDefault" },
    });
  });

  test("really runs so, whatever user the pod names", async () => {
    const state = JSON.parse(await MESH.run("shared-processes", await script("processes"))) as Record<string, object>;
    expect(state["envoy"]).toEqual({
      uid: 1337,
      gid: 1337,
      capabilities: "0000000000000000",
      seccomp: 2,
      noNewPrivs: 1,
    });
    const { envoy } = statesIn(await stored(MESH, "own-users"));
    expect(envoy).toMatchObject({ ready: true, restarts: 0 });
    await expectTrafficThroughEnvoy(MESH, "own-users");
  });

  test("is the first free UID of the range that the namespace demands, and its traffic is left alone", async () => {
    const context = (await containerOf(RANGED, "ranged", "envoy"))["securityContext"];
    expect(context).toMatchObject({ runAsUser: 1_000_650_001, runAsGroup: 1_000_650_001 });
    await expectTrafficThroughEnvoy(RANGED, "ranged");
  });
});

describe("a pod", () => {
  test("without any right of its own works: not root, nothing writable, no capability", async () => {
    await expectTrafficThroughEnvoy(MESH, "strict");
  });

  test("in the node's network has no sidecar, and works", async () => {
    const pod = await stored(MESH, "host");
    expect(Object.keys(statesIn(pod))).toEqual(["app"]);
  });

  test("with a port of the node passes Envoy there too", async () => {
    const { ipv4 } = await MESH.addressesOf("host-port");
    const node = await MESH.valueOf("host-port", ".status.hostIP");
    const get = async () => {
      const answer = await fetch(`http://${node}:18081/`, {
        headers: { connection: "close" },
        signal: AbortSignal.timeout(30_000),
      });
      expect(await answer.text()).toContain('"pod":"host-port"');
    };
    expect(await counted(ipv4, get)).toEqual({ inbound: 1 });
  });

  test(`with ${MANY} containers and init containers of both kinds has one sidecar for all of them`, async () => {
    const states = statesIn(await stored(MESH, "many"));
    expect(Object.keys(states).slice(0, 4)).toEqual(["envoy", "proxyinit", "before", "beside"]);
    expect(Object.values(states).filter(({ restarts }) => restarts > 0)).toEqual([]);
    const { ipv4 } = await MESH.addressesOf("many");
    const all = async () => {
      for (let port = 8080; port < 8080 + MANY; port++) {
        const answer = await fetch(`http://${ipv4}:${port}/`, { headers: { connection: "close" } });
        expect(answer.status).toBe(200);
      }
    };
    expect(await counted(ipv4, all)).toEqual({ inbound: MANY });
  });
});

describe("in a restricted namespace", () => {
  test("a pod with redirection by the CNI plugin is admitted with its sidecar, and Envoy runs", async () => {
    const pod = await stored(RESTRICTED, "cni");
    expect(Object.keys(statesIn(pod)).sort()).toEqual(["app", "envoy"]);
    expect(statesIn(pod)["envoy"]).toMatchObject({ ready: true, restarts: 0 });
    expect(objectOf(member(pod["metadata"], "annotations"))).toMatchObject({
      "appmesh.k8s.aws/ignoredUID": "1337",
      "appmesh.k8s.aws/ports": "8080",
    });
  });

  test("a pod that needs proxyinit is refused, after our warning which says why and what to do", async () => {
    const pod = RESTRICTED.pod("refused", {
      container: { securityContext: STRICT },
      spec: { securityContext: STRICT_POD },
    });
    const { code, stderr } = await outcomeOf("kubectl", ["create", "-f", "-"], JSON.stringify(pod));
    expect(code).toBe(1);
    const warning = stderr.indexOf(
      "enforces Pod Security restricted, which refuses NET_ADMIN of proxyinit: use the CNI plugin",
    );
    expect(warning, stderr).toBeGreaterThanOrEqual(0);
    expect(stderr.indexOf('violates PodSecurity "restricted:latest"')).toBeGreaterThan(warning);
  });

  test("a Deployment of such pods says so in its events", async () => {
    const labels = { app: "never" };
    const spec = { containers: [{ name: "app", image: "testbed/app:1", ports: [{ containerPort: 8080 }] }] };
    await apply({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "never", namespace: RESTRICTED.name },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    });
    await vi.waitFor(
      async () => {
        const events = ["get", "events", "--field-selector=reason=FailedCreate", "--output=json"];
        const list = JSON.parse(await RESTRICTED.kubectl(...events)) as JsonObject;
        expect(objectsOf(list["items"]).map(({ message }) => message)).toContainEqual(
          expect.stringContaining('container "proxyinit" must not include "NET_ADMIN"'),
        );
      },
      { timeout: 120_000, interval: 500 },
    );
  });
});
