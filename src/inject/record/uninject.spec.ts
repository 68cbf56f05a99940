import { describe, expect, test } from "vitest";
import {
  aContainer,
  aNode,
  anInput,
  annotated,
  annotationOf,
  aPod,
  appmesh,
  containerOf,
  injected,
  labelled,
  namesOf,
  type Surroundings,
  withContainers,
  withSpec,
} from "../../../test/pods.ts";
import type { JsonObject } from "../../model/json.ts";
import { RECORD_KEY } from "../../model/names.ts";
import { refresh } from "../inject.ts";
import { applyPatch } from "../json-patch.ts";
import { uninject } from "./uninject.ts";

const restored = (pod: JsonObject) => applyPatch(pod, uninject(pod).patch);
const probe = (action: JsonObject) => ({ livenessProbe: { ...action, periodSeconds: 5 } });
const port = { ports: [{ containerPort: 80, name: "http" }] };

describe("uninject gives back", () => {
  test.each<[string, JsonObject, Surroundings]>([
    ["the plain pod", aPod(), {}],
    [
      "a pod without metadata",
      { metadata: {}, spec: { containers: [aContainer("a")] } },
      { owner: { kind: "known", owner: { apiVersion: "apps/v1", kind: "DaemonSet", name: "a", uid: "" } } },
    ],
    [
      "empty parents",
      aPod(withSpec({ volumes: [], initContainers: [], securityContext: {} })),
      { configuration: { proxy: { fsGroup: 1337 } } },
    ],
    [
      "parents that are null",
      aPod(withSpec({ volumes: null, initContainers: null, securityContext: null }), (pod) => ({
        ...pod,
        metadata: { name: "a", annotations: null },
      })),
      { configuration: { proxy: { fsGroup: 1337 } } },
    ],
    [
      "an HTTP probe",
      aPod(
        withContainers(
          aContainer("a", { ...port, ...probe({ httpGet: { path: "/x?y=1", port: "http", scheme: "HTTPS" } }) }),
        ),
      ),
      {},
    ],
    [
      "an HTTP probe without path",
      aPod(withContainers(aContainer("a", { ...port, ...probe({ httpGet: { port: 80 } }) }))),
      {},
    ],
    ["a TCP probe", aPod(withContainers(aContainer("a", { ...port, ...probe({ tcpSocket: { port: 80 } }) }))), {}],
    [
      "a gRPC probe",
      aPod(withContainers(aContainer("a", { ...port, ...probe({ grpc: { port: 80, service: "s" } }) }))),
      {},
    ],
    [
      "annotations that CNI mode replaces",
      aPod(appmesh({ appmeshCNI: "enabled", ports: "80, 443", egressIgnoredPorts: "22" })),
      {},
    ],
    [
      "a gateway's image",
      aPod(labelled({ app: "gw" }), withContainers(aContainer("envoy"))),
      { virtualGateways: [aNode("gw")] },
    ],
    ["a stop hook's absence", aPod(annotated({ "outrigger.dev/stop-delay": "5" })), {}],
    [
      "secrets, gate, pull secret and X-Ray",
      aPod(labelled({ app: "web" }), appmesh({ secretMounts: "certs:/certs" })),
      {
        virtualNodes: [aNode("web", { cloudMap: true })],
        configuration: { cloudMapReadinessGate: true, proxy: { pullSecret: "pull" }, tracing: { provider: "xray" } },
      },
    ],
    [
      "the aws flavor's pod",
      aPod(),
      { configuration: { flavor: "aws", proxy: { mode: "ordinary", waitUntilReady: true } } },
    ],
  ])("%s", (_name, pod, surroundings) => {
    const { result, pod: sidecar } = injected(pod, surroundings);
    expect(result.outcome).toBe("inject");
    expect(sidecar).not.toEqual(pod);
    expect(restored(sidecar)).toEqual(pod);
  });
});

describe("what others added since stays:", () => {
  const { pod } = injected(aPod());
  const spec = pod["spec"] as JsonObject;

  test("containers at either end, and volumes", () => {
    const more = withSpec({
      containers: [aContainer("front"), ...(spec["containers"] as JsonObject[]), aContainer("back")],
      initContainers: [aContainer("wait"), ...(spec["initContainers"] as JsonObject[])],
      volumes: [...(spec["volumes"] as JsonObject[]), { name: "theirs", emptyDir: {} }],
    })(pod);
    const result = restored(more);
    expect(namesOf(result)).toEqual(["wait", "front", "nginx", "back"]);
    expect(result).toMatchObject({ spec: { volumes: [{ name: "theirs" }] } });
  });

  test("annotations, so that their parent stays too", () => {
    expect(restored(annotated({ theirs: "x" })(pod))).toMatchObject({ metadata: { annotations: { theirs: "x" } } });
  });

  test("a list that the pod had as null and that others use now", () => {
    const { pod: injectedPod } = injected(aPod(withSpec({ volumes: null })));
    const volumes = (injectedPod["spec"] as JsonObject)["volumes"] as JsonObject[];
    const more = withSpec({ volumes: [...volumes, { name: "theirs" }] })(injectedPod);
    expect(restored(more)).toMatchObject({ spec: { volumes: [{ name: "theirs" }] } });
  });
});

describe("uninject leaves alone", () => {
  test("a pod that was never injected", () => {
    expect(uninject(aPod())).toEqual({
      outcome: "not-injected",
      message: expect.stringContaining(RECORD_KEY),
      patch: [],
    });
  });

  test.each([
    ["a broken record", annotated({ [RECORD_KEY]: "{" })(aPod())],
    ["a record of things that are gone", withSpec({ initContainers: [] })(injected(aPod()).pod)],
  ])("a pod with %s, telling why", (_name, pod) => {
    const { outcome, message, patch } = uninject(pod);
    expect({ outcome, patch }).toEqual({ outcome: "mismatch", patch: [] });
    expect(message).toContain("remove the sidecar by hand");
  });
});

test("a record with thousands of entries, as only a hostile pod has, is undone as well", () => {
  // with a copy of the pod for each entry this took a minute, in which a webhook answers nobody
  const { pod } = injected(aPod());
  const keys = Array.from({ length: 6_000 }, (_, index) => `k${index}`);
  const record = JSON.parse(annotationOf(pod, RECORD_KEY) ?? "") as { created: string[] };
  const created = [...record.created, ...keys.map((key) => `/metadata/annotations/${key}`)];
  const hostile = annotated({
    ...Object.fromEntries(keys.map((key) => [key, ""])),
    [RECORD_KEY]: JSON.stringify({ ...record, created }),
  })(pod);
  const { outcome, patch } = uninject(hostile);
  expect(outcome).toBe("removed");
  expect(patch.length).toBeGreaterThan(keys.length);
  expect(applyPatch(hostile, patch)).toEqual(aPod());
});

describe("refresh", () => {
  test("brings an older sidecar up to date", () => {
    const { pod } = injected(aPod(), { release: "1.0.0", configuration: { proxy: { image: "old:1" } } });
    const result = refresh(anInput(pod, { configuration: { proxy: { image: "new:2" } } }));
    const fresh = applyPatch(pod, result.patch);
    expect(result.reason).toBe("injected");
    expect(containerOf(fresh, "envoy")?.["image"]).toBe("new:2");
    expect(fresh).toEqual(injected(aPod(), { configuration: { proxy: { image: "new:2" } } }).pod);
  });

  test("takes nothing away when the pod may not be injected any more", () => {
    const { pod } = injected(aPod());
    const result = refresh(anInput(pod, { configuration: { meshName: "" } }));
    expect(result).toMatchObject({ outcome: "deny", reason: "no-mesh", patch: [] });
  });

  test("injects a pod that was never injected", () => {
    expect(refresh(anInput(aPod()))).toEqual(injected(aPod()).result);
  });

  test("denies a pod whose record does not fit", () => {
    const pod = withSpec({ initContainers: [] })(injected(aPod()).pod);
    expect(refresh(anInput(pod)).reason).toBe("record-mismatch");
  });
});
