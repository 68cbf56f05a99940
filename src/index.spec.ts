import { describe, expect, test } from "vitest";
import { applyPatch, configuration, explain, inject, type JsonObject, uninject } from "./index.ts";

const pod: JsonObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "shop", labels: { app: "web" } },
  spec: { containers: [{ name: "web", image: "nginx", ports: [{ containerPort: 8080 }] }] },
};
const settings = { configuration: { meshName: "my-mesh" } } as const;

function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

describe("the library", () => {
  test("injects a pod without changing the one it was given", () => {
    const { outcome, patch, pod: injected } = inject({ pod: frozen(structuredClone(pod)), ...settings });
    expect(outcome).toBe("inject");
    expect(injected).toEqual(applyPatch(pod, patch));
    expect(JSON.stringify(injected)).toContain("mesh/my-mesh/virtualNode/shop-web");
  });

  test("takes out what it put in", () => {
    const { pod: injected } = inject({ pod, ...settings });
    expect(uninject(injected)).toMatchObject({ outcome: "removed", pod });
    expect(uninject(pod)).toMatchObject({ outcome: "not-injected", patch: [], pod });
  });

  test("matches VirtualNodes of the pod's namespace only", () => {
    const node = (namespace: string) => ({
      apiVersion: "appmesh.k8s.aws/v1beta2",
      kind: "VirtualNode",
      metadata: { name: "n", namespace },
      spec: { awsName: `node-of-${namespace}`, podSelector: { matchLabels: { app: "web" } } },
    });
    const here = inject({ pod, ...settings, meshObjects: [node("shop"), node("other")] });
    expect(JSON.stringify(here.pod)).toContain("virtualNode/node-of-shop");
    const elsewhere = inject({ pod, ...settings, meshObjects: [node("other")] });
    expect(JSON.stringify(elsewhere.pod)).toContain("virtualNode/shop-web");
  });

  test("takes a namespace by name or with its labels", () => {
    expect(inject({ pod, namespace: "else", ...settings }).message).toContain("virtualNode/else-web");
    const bare = { name: "else", labels: {}, annotations: {} };
    expect(explain({ pod, namespace: bare, ...settings })).toMatchObject({
      outcome: "skip",
      reason: "namespace-not-enabled",
    });
  });

  test("adds the trust now, or to a pod that waits for it", () => {
    const trust = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    const now = inject({ pod, trust, ...settings });
    const later = inject({ pod: inject({ pod, ...settings }).pod, trust, ...settings });
    for (const { pod: trusting } of [now, later]) {
      expect(trusting).toMatchObject({ metadata: { annotations: { "outrigger.dev/trust": trust } } });
    }
  });

  test("refreshes a sidecar of another configuration, where a second injection leaves it", () => {
    const older = inject({ pod, configuration: { meshName: "older" } }).pod;
    expect(inject({ pod: older, ...settings }).patch).toEqual([]);
    expect(inject({ pod: older, ...settings, refresh: true }).pod).toEqual(inject({ pod, ...settings }).pod);
  });

  test("explains what it would decide, without the patch and the engine's inner settings", () => {
    const explanation = explain({ pod });
    expect(explanation).toMatchObject({ outcome: "deny", reason: "no-mesh" });
    expect(Object.keys(explanation).toSorted()).toEqual(["message", "outcome", "reason", "trace", "warnings"]);
    const { patch: _patch, pod: _pod, ...decision } = inject({ pod });
    expect(explanation).toEqual(decision);
  });

  test("refuses settings that are not valid", () => {
    expect(() => inject({ pod, configuration: { meshName: "a/b" } })).toThrow("meshName");
    expect(configuration().flavor).toBe("envoy");
  });
});
