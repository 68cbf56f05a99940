import { describe, expect, test } from "vitest";
import { bootstrapOf, debugCopy, type Kept, withImages, withoutInitContainers } from "../../../test/debug-copy.ts";
import {
  aContainer,
  aNode,
  anInput,
  annotationOf,
  aPod,
  appmesh,
  containersOf,
  initContainersOf,
  injected,
  labelled,
  namesOf,
  type Surroundings,
  volumesOf,
  withContainers,
  withSpec,
} from "../../../test/pods.ts";
import type { JsonObject } from "../../model/json.ts";
import { INJECT_KEY, RECORD_KEY } from "../../model/names.ts";
import { inject, refresh } from "../inject.ts";
import { applyPatch } from "../json-patch.ts";
import { podView } from "../pod.ts";
import { findLeftovers } from "./leftovers.ts";
import { uninject } from "./uninject.ts";

const web = aContainer("web", {
  ports: [{ containerPort: 80 }],
  livenessProbe: { httpGet: { path: "/", port: 80 } },
  readinessProbe: { tcpSocket: { port: 80 } },
});
const accessVolume: JsonObject = { name: "kube-api-access-x", projected: { sources: [{ serviceAccountToken: {} }] } };

/** An original with an init container, a volume, a probe that changes and one that is replaced. */
const original = aPod(withContainers(web), withSpec({ initContainers: [aContainer("init")], volumes: [accessVolume] }));

function copyOf(surroundings: Surroundings = {}, ...kept: readonly Kept[]): JsonObject {
  return debugCopy(injected(original, surroundings).pod, "web-debug", ...kept);
}

const EVERY_WAY: readonly (readonly [string, Surroundings])[] = [
  ["the default", {}],
  ["ordinary containers", { configuration: { proxy: { mode: "ordinary" } } }],
  ["the CNI plugin", { configuration: { capture: { mode: "cni" } } }],
  ["AWS's capture program", { configuration: { capture: { program: "aws", image: "example/capture:1" } } }],
  ["the aws flavor with our capture", { configuration: { flavor: "aws" } }],
  ["the aws flavor as ordinary containers", { configuration: { flavor: "aws", proxy: { mode: "ordinary" } } }],
  ["no control plane", { configuration: { proxy: { controlPlane: "none" } } }],
  ["an SDS socket", { configuration: { sds: { enabled: true } } }],
  ["init containers outside", { configuration: { capture: { initContainers: "outside" } } }],
];

describe("a copy without annotations gets a sidecar of its own, with", () => {
  test.each(EVERY_WAY)("%s", (_name, surroundings) => {
    const copy = copyOf(surroundings);
    const result = inject(anInput(copy, surroundings));
    expect(result).toMatchObject({ outcome: "inject", reason: "injected" });
    expect(result.message).toContain("mesh/test-mesh/virtualNode/shop-web-debug");
    expect(result.warnings).toContain(
      "the pod is a copy that holds the sidecar of its original: it gets one of its own instead",
    );
    const pod = applyPatch(copy, result.patch);
    expect(namesOf(pod).filter((name) => name === "envoy")).toHaveLength(1);
    expect(containersOf(pod).map(({ name }) => name)).toEqual(expect.arrayContaining(["web", "dbg"]));
    // as if the original had been copied before it was injected
    const clean = debugCopy(original, "web-debug");
    const fresh = applyPatch(clean, inject(anInput(clean, surroundings)).patch);
    expect(initContainersOf(pod)).toEqual(initContainersOf(fresh));
    expect(annotationOf(pod, RECORD_KEY)).toEqual(annotationOf(fresh, RECORD_KEY));
    expect(applyPatch(pod, refresh(anInput(pod, surroundings)).patch)).toEqual(pod);
    expect(inject(anInput(pod, surroundings)).patch).toEqual([]);
    expect(applyPatch(pod, uninject(pod).patch)).toEqual(clean);
  });

  test("an Envoy that says who it is now", () => {
    const copy = copyOf();
    expect(bootstrapOf(copy)).toContain("virtualNode/shop-nginx");
    const { pod } = injected(copy);
    expect(bootstrapOf(pod)).toContain("virtualNode/shop-web-debug");
    expect(bootstrapOf(pod)).not.toContain("virtualNode/shop-nginx");
  });

  test("images of the debugger's in its containers", () => {
    const ordinary = { configuration: { proxy: { mode: "ordinary" } } } as const;
    const { pod, result } = injected(withImages(copyOf(ordinary), "busybox"), ordinary);
    expect(result.reason).toBe("injected");
    expect(containersOf(pod).map(({ name, image }) => [name, image])).toEqual([
      ["web", "busybox"],
      ["dbg", "busybox"],
      ["envoy", expect.stringContaining("envoyproxy/envoy")],
    ]);
  });

  test("nothing but the identity's volume left of it", () => {
    const copy = withoutInitContainers(copyOf());
    const { pod, result } = injected(copy);
    expect(result.reason).toBe("injected");
    expect(volumesOf(pod).map(({ name }) => name)).toEqual(["kube-api-access-x", "outrigger-identity"]);
    const only = withSpec({ volumes: [volumesOf(copy)[1] as JsonObject] })(copy);
    expect(injected(only).result.reason).toBe("injected");
  });

  test("no list and no volume of its own", () => {
    const { pod: full } = injected(aPod(withContainers(web)));
    const copy = debugCopy(full, "web-debug");
    const { pod, result } = injected(copy);
    expect(result.reason).toBe("injected");
    expect(applyPatch(pod, uninject(pod).patch)).toEqual(debugCopy(aPod(withContainers(web)), "web-debug"));
  });

  test("volumes of secrets that only the sidecar mounted", () => {
    const asked = aPod(withContainers(web), appmesh({ secretMounts: "certs:/certs,shared:/shared" }));
    const sidecar = injected(asked).pod;
    const mounted = aContainer("user", { volumeMounts: [{ name: "envoy-secret-shared", mountPath: "/s" }] });
    const copy = withContainers(web, mounted)(debugCopy(sidecar, "web-debug"));
    expect(volumesOf(injected(copy).pod).map(({ name }) => name)).toEqual([
      "envoy-secret-shared",
      "outrigger-identity",
    ]);
  });
});

describe("a copy with annotations keeps the sidecar that it was copied with", () => {
  test.each([
    ["alone", copyOf({}, "annotations")],
    ["and labels", copyOf({}, "annotations", "labels")],
    ["and probes", copyOf({}, "annotations", "probes")],
  ])("%s", (_name, copy) => {
    expect(inject(anInput(copy))).toMatchObject({ outcome: "inject", reason: "already-injected", patch: [] });
    expect(uninject(copy).outcome).toBe("removed");
    const clean = applyPatch(copy, uninject(copy).patch);
    expect(namesOf(clean)).toEqual(["init", "web", "dbg"]);
    expect(JSON.stringify(clean)).not.toMatch(/15020|outrigger/);
  });

  test("but not when its init containers went", () => {
    const result = inject(anInput(withoutInitContainers(copyOf({}, "annotations"))));
    expect(result).toMatchObject({ outcome: "deny", reason: "record-mismatch", patch: [] });
    expect(result.message).toMatch(/name=envoy.*kubectl debug --keep-annotations: keep the init containers too/);
  });
});

describe("a copy that cannot have a sidecar is denied, and told the flags that help:", () => {
  const HELP = /kubectl debug .*--keep-annotations --keep-labels/;
  const gateway = aPod(
    labelled({ app: "edge" }),
    withContainers(aContainer("envoy", { ports: [{ containerPort: 80 }] })),
  );
  const gateways = { virtualGateways: [aNode("edge")] };

  test.each<[string, JsonObject, Surroundings, string, RegExp]>([
    [
      "probes that ask the original's",
      copyOf({}, "probes"),
      {},
      "record-mismatch",
      /\(web\) livenessProbe asks the sidecar/,
    ],
    [
      "a gateway",
      debugCopy(injected(gateway, gateways).pod, "edge-debug"),
      gateways,
      "record-mismatch",
      /virtual gateway's/,
    ],
    [
      "a gateway with labels",
      debugCopy(injected(gateway, gateways).pod, "edge-debug", "labels"),
      gateways,
      "record-mismatch",
      /virtual gateway's/,
    ],
    [
      "a namespace in which it must ask",
      copyOf(),
      { namespace: { labels: { [INJECT_KEY]: "disabled" } } },
      "record-mismatch",
      /labelled disabled/,
    ],
    [
      "a node that must exist",
      copyOf(),
      { configuration: { onMissingVirtualNode: "deny" } },
      "missing-virtual-node",
      /selects this pod/,
    ],
    [
      "a node that may be missing",
      copyOf(),
      { configuration: { onMissingVirtualNode: "skip" } },
      "record-mismatch",
      /skip/,
    ],
  ])("%s", (_name, copy, surroundings, reason, message) => {
    const result = inject(anInput(copy, surroundings));
    expect(result).toMatchObject({ outcome: "deny", reason, patch: [] });
    expect(result.message).toMatch(message);
    expect(result.message).toMatch(HELP);
    expect(result.trace.at(-1)?.verdict).toBe("deny");
  });
});

describe("not taken for ours is", () => {
  const env = (...names: readonly string[]) => names.map((name) => ({ name, value: "x" }));
  test.each<[string, JsonObject]>([
    ["a pod that nobody injected", original],
    ["an Envoy of somebody else's", aPod(withContainers(web, aContainer("envoy", { args: ["--config-yaml", "{}"] })))],
    ["an Envoy without our bootstrap", aPod(withContainers(aContainer("envoy", { env: env("OUTRIGGER_POD_NAME") })))],
    [
      "what AWS's controller left",
      aPod(
        withContainers(web, aContainer("envoy", { env: env("APPMESH_RESOURCE_ARN") })),
        withSpec({ initContainers: [aContainer("proxyinit", { env: env("APPMESH_ENVOY_INGRESS_PORT") })] }),
      ),
    ],
    ["another proxyinit", aPod(withSpec({ initContainers: [aContainer("proxyinit")] }))],
    [
      "another container with our variable",
      aPod(
        withSpec({
          initContainers: [aContainer("x", { env: env("OUTRIGGER_CAPTURE_BACKEND", "APPMESH_ENVOY_INGRESS_PORT") })],
        }),
      ),
    ],
    ["another volume of that name", aPod(withSpec({ volumes: [{ name: "outrigger-identity", emptyDir: {} }] }))],
    [
      "a token for somebody else",
      aPod(
        withSpec({
          volumes: [
            { name: "outrigger-identity", projected: { sources: [{ serviceAccountToken: { audience: "vault" } }] } },
          ],
        }),
      ),
    ],
    ["a secret's volume alone", aPod(withSpec({ volumes: [{ name: "envoy-secret-a", secret: { secretName: "a" } }] }))],
    [
      "a probe on our port",
      aPod(
        withContainers(aContainer("web", { livenessProbe: { httpGet: { path: "/probe/web/liveness", port: 15020 } } })),
      ),
    ],
  ])("%s", (_name, pod) => {
    expect(findLeftovers(podView(pod))).toEqual({ kind: "none" });
  });
});
