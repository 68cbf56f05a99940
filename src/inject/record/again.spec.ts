import { describe, expect, it } from "vitest";
import {
  aContainer,
  anInput,
  annotated,
  annotationOf,
  aPod,
  containerOf,
  withContainers,
  withSpec,
} from "../../../test/pods.ts";
import { type JsonObject, listOf, member, objectOf, objectsOf, stringOf } from "../../model/json.ts";
import { RECORD_KEY, TRUST_KEY } from "../../model/names.ts";
import { inject, refresh } from "../inject.ts";
import { applyPatch } from "../json-patch.ts";
import { uninject } from "./uninject.ts";

const probed = (name: string): JsonObject =>
  aContainer(name, { readinessProbe: { tcpSocket: { port: 80 }, periodSeconds: 5 } });

function injectedPod(pod: JsonObject, release = "1.2.3"): JsonObject {
  return applyPatch(pod, inject({ ...anInput(pod), release }).patch);
}

/** A webhook after ours that puts a container into the pod. */
function withLateContainer(pod: JsonObject, container: JsonObject): JsonObject {
  const containers = objectsOf(member(member(pod, "spec"), "containers"));
  return withSpec({ containers: [...containers, container] })(pod);
}

function sizeOfAnnotations(pod: JsonObject): number {
  const annotations = objectOf(member(member(pod, "metadata"), "annotations"));
  return Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(stringOf(value) ?? ""),
    0,
  );
}

function bootstrapOf(pod: JsonObject): string {
  return stringOf(listOf(member(containerOf(pod, "envoy"), "args"))[1]) ?? "";
}

describe("a pod that has its sidecar", () => {
  it("gets an empty patch", () => {
    const result = inject(anInput(injectedPod(aPod())));
    expect(result).toMatchObject({ outcome: "inject", reason: "already-injected", patch: [] });
  });

  it("stays as it is when it is of another release, even with a new probe", () => {
    const late = withLateContainer(injectedPod(aPod(), "0.0.1"), probed("late"));
    expect(inject(anInput(late)).patch).toEqual([]);
  });

  it("stays as it is when it is of another configuration, even with a new probe", () => {
    const late = withLateContainer(injectedPod(aPod()), probed("late"));
    expect(inject(anInput(late, { configuration: { proxy: { logLevel: "debug" } } })).patch).toEqual([]);
  });

  it("is renewed by refresh, which keeps what others added since", () => {
    const old = withLateContainer(injectedPod(aPod(), "0.0.1"), aContainer("late"));
    const result = refresh(anInput(old));
    const pod = applyPatch(old, result.patch);
    expect(annotationOf(pod, RECORD_KEY)).toContain("1.2.3");
    expect(containerOf(pod, "late")).toEqual(aContainer("late"));
    expect(applyPatch(pod, uninject(pod).patch)).toEqual(withLateContainer(aPod(), aContainer("late")));
  });

  it("is left injected by refresh when it would now be denied", () => {
    const old = injectedPod(aPod());
    const result = refresh(anInput(old, { configuration: { meshName: "" } }));
    expect(result).toMatchObject({ outcome: "deny", reason: "no-mesh", patch: [] });
  });
});

describe("a probe that a later webhook brought", () => {
  const before = injectedPod(aPod(withContainers(aContainer("web", { ports: [{ containerPort: 80 }] }))));
  const late = withLateContainer(before, probed("late"));
  const result = inject(anInput(late));
  const after = applyPatch(late, result.patch);

  it("is sent to the status listener", () => {
    expect(result.message).toContain("new probes");
    expect(member(containerOf(after, "late"), "readinessProbe")).toEqual({
      periodSeconds: 5,
      httpGet: { path: "/probe/late/readiness", port: 15020 },
    });
  });

  it("is known to Envoy, which has every name that its configuration refers to", () => {
    expect(bootstrapOf(before)).not.toContain("/probe/late/readiness");
    expect(bootstrapOf(after)).toContain("/probe/late/readiness");
    const names = objectsOf(member(containerOf(after, "envoy"), "env")).map((entry) => entry["name"]);
    for (const [, name] of bootstrapOf(after).matchAll(/(?<!\$)\$\(([A-Z_]+)\)/g)) expect(names).toContain(name);
  });

  it("is restored by uninject, with the other webhook's container kept", () => {
    const restored = applyPatch(after, uninject(after).patch);
    expect(restored).toEqual(applyPatch(late, uninject(late).patch));
    expect(containerOf(restored, "late")).toEqual(probed("late"));
  });

  it("is done once: the third answer is empty", () => {
    expect(inject(anInput(after)).patch).toEqual([]);
  });
});

describe("a conflict that a later webhook brought", () => {
  it("is said, and the sidecar stays as it is", () => {
    const late = withLateContainer(injectedPod(aPod()), aContainer("late", { ports: [{ containerPort: 15000 }] }));
    const result = inject(anInput(late));
    expect(result).toMatchObject({ outcome: "inject", reason: "already-injected", patch: [] });
    expect(result.warnings.join()).toMatch(/after its sidecar.*late.*15000/);
  });
});

describe("the trust of a pod that was injected offline", () => {
  const waiting = applyPatch(aPod(), inject(anInput(aPod(), { trust: { kind: "later" } })).patch);

  it("is added by whoever knows it, and listed in the record", () => {
    const result = inject(anInput(waiting));
    const pod = applyPatch(waiting, result.patch);
    expect(annotationOf(pod, TRUST_KEY)).toContain("BEGIN CERTIFICATE");
    expect(applyPatch(pod, uninject(pod).patch)).toEqual(aPod());
    expect(inject(anInput(pod)).patch).toEqual([]);
  });

  it("is not added where the annotations would become more than Kubernetes takes", () => {
    const room = 262_144 - sizeOfAnnotations(waiting) - "note".length;
    const full = annotated({ note: "x".repeat(room) })(waiting);
    expect(sizeOfAnnotations(full)).toBe(262_144);
    const result = inject(anInput(full));
    expect(result).toMatchObject({ outcome: "deny", reason: "annotations-too-large", patch: [] });
    expect(result.message).toContain(`note (${room + 4})`);
    const same = inject(anInput(full, { trust: { kind: "later" } }));
    expect(same).toMatchObject({ outcome: "inject", reason: "already-injected", patch: [] });
  });

  it("is not asked for by a sidecar without a control plane", () => {
    const settings = { configuration: { proxy: { controlPlane: "none" } } } as const;
    const pod = applyPatch(aPod(), inject(anInput(aPod(), settings)).patch);
    expect(inject(anInput(pod, settings)).patch).toEqual([]);
  });
});

describe("a record that does not fit", () => {
  it("is a denial that names the annotation and what is missing", () => {
    const pod = injectedPod(aPod());
    const without = withSpec({ initContainers: [] })(pod);
    expect(inject(anInput(without))).toMatchObject({ outcome: "deny", reason: "record-mismatch", patch: [] });
    expect(inject(anInput(without)).message).toContain("/spec/initContainers/name=envoy");
  });

  it.each([
    ["not JSON", "{"],
    ["another version", '{"version":2,"created":[],"parents":[],"replaced":{}}'],
    ["no lists", '{"version":1}'],
    ["an object as an old value", '{"version":1,"created":[],"parents":[],"replaced":{"/a":{}}}'],
  ])("is a denial: %s", (_name, record) => {
    const pod = aPod(annotated({ "outrigger.dev/injected": record }));
    expect(inject(anInput(pod))).toMatchObject({ outcome: "deny", reason: "record-mismatch" });
    expect(uninject(pod)).toMatchObject({ outcome: "mismatch", patch: [] });
  });
});

describe("another mesh's sidecar beside ours", () => {
  const both = withLateContainer(injectedPod(aPod()), aContainer("istio-proxy"));

  it("is a denial that names both", () => {
    const result = inject(anInput(both));
    expect(result).toMatchObject({ outcome: "deny", reason: "two-meshes" });
    expect(result.message).toMatch(/mesh\/test-mesh.*Istio/);
  });

  it("is let through by a configuration that insists", () => {
    expect(inject(anInput(both, { configuration: { otherMesh: "insist" } })).outcome).toBe("inject");
  });
});
