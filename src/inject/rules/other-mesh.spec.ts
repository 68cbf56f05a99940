import { describe, expect, test } from "vitest";
import {
  aContainer,
  annotated,
  aPod,
  injected,
  labelled,
  type PodChange,
  type Surroundings,
  withContainers,
  withSpec,
} from "../../../test/pods.ts";
import type { NamespaceFacts } from "../../model/facts.ts";
import { INJECT_KEY } from "../../model/names.ts";
import { podView } from "../pod.ts";
import { otherMesh } from "./other-mesh.ts";

const nothing: PodChange = (pod) => pod;

function signOf(change: PodChange, namespace: Partial<NamespaceFacts> = {}) {
  const facts = { name: "shop", labels: {}, annotations: {}, ...namespace };
  return otherMesh(podView(aPod(change)), facts);
}

describe("the sidecar of another mesh is seen:", () => {
  test.each([
    ["istio-proxy", "Istio"],
    ["linkerd-proxy", "Linkerd"],
    ["consul-dataplane", "Consul"],
    ["kuma-sidecar", "Kuma"],
    ["osm-envoy", "Open Service Mesh"],
  ])("%s of %s", (container, mesh) => {
    const sign = { mesh, saw: `spec.containers holds a container named ${container}`, present: true };
    expect(signOf(withContainers(aContainer("web"), aContainer(container)))).toEqual(sign);
  });

  test("as a native sidecar", () => {
    const proxy = aContainer("istio-proxy", { restartPolicy: "Always" });
    expect(signOf(withSpec({ initContainers: [proxy] }))).toMatchObject({ mesh: "Istio", present: true });
  });

  test("not as an init container that ends", () => {
    expect(signOf(withSpec({ initContainers: [aContainer("linkerd-proxy")] }))).toBeUndefined();
  });
});

describe("another mesh is announced by", () => {
  test.each<[string, PodChange, Partial<NamespaceFacts>, string]>([
    ["Istio's namespace label", nothing, { labels: { "istio-injection": "enabled" } }, "Istio"],
    ["a revision of the namespace", nothing, { labels: { "istio.io/rev": "canary" } }, "Istio"],
    ["a revision of the pod", labelled({ "istio.io/rev": "canary" }), {}, "Istio"],
    ["Istio's pod label", labelled({ "sidecar.istio.io/inject": "true" }), {}, "Istio"],
    ["Istio's older pod annotation", annotated({ "sidecar.istio.io/inject": "true" }), {}, "Istio"],
    ["Linkerd's pod annotation", annotated({ "linkerd.io/inject": "enabled" }), {}, "Linkerd"],
    ["Linkerd's ingress mode", annotated({ "linkerd.io/inject": "ingress" }), {}, "Linkerd"],
    ["Linkerd's namespace annotation", nothing, { annotations: { "linkerd.io/inject": "enabled" } }, "Linkerd"],
    ["Kuma's pod label", labelled({ "kuma.io/sidecar-injection": "enabled" }), {}, "Kuma"],
    ["Kuma's namespace label", nothing, { labels: { "kuma.io/sidecar-injection": "enabled" } }, "Kuma"],
  ])("%s", (_name, change, namespace, mesh) => {
    expect(signOf(change, namespace)).toMatchObject({ mesh, present: false });
  });
});

describe("no other mesh is announced by", () => {
  test.each<[string, PodChange, Partial<NamespaceFacts>]>([
    ["a plain pod", nothing, {}],
    ["Istio switched off for the namespace", nothing, { labels: { "istio-injection": "disabled" } }],
    [
      "Istio switched off, though a revision is set",
      nothing,
      { labels: { "istio-injection": "disabled", "istio.io/rev": "x" } },
    ],
    [
      "a pod that opted out of Istio",
      labelled({ "sidecar.istio.io/inject": "false" }),
      { labels: { "istio-injection": "enabled" } },
    ],
    [
      "a pod that opted out of Linkerd",
      annotated({ "linkerd.io/inject": "disabled" }),
      { annotations: { "linkerd.io/inject": "enabled" } },
    ],
    ["Linkerd's annotation as a label", labelled({ "linkerd.io/inject": "enabled" }), {}],
    [
      "a pod that opted out of Kuma",
      labelled({ "kuma.io/sidecar-injection": "disabled" }),
      { labels: { "kuma.io/sidecar-injection": "enabled" } },
    ],
    ["a similar container's name", withContainers(aContainer("my-istio-proxy")), {}],
  ])("%s", (_name, change, namespace) => {
    expect(signOf(change, namespace)).toBeUndefined();
  });
});

describe("a pod of another mesh", () => {
  const istio = { labels: { [INJECT_KEY]: "enabled", "istio-injection": "enabled" } };

  test("is left alone, with the reason and the ways out", () => {
    const { result } = injected(aPod(), { namespace: istio });
    expect(result).toMatchObject({ outcome: "skip", reason: "other-mesh", patch: [] });
    expect(result.message).toContain("namespace label istio-injection is enabled");
    expect(result.message).toContain("otherMesh: insist");
  });

  test("is injected when configured so, with a warning", () => {
    const { result } = injected(aPod(), { namespace: istio, configuration: { otherMesh: "insist" } });
    expect(result.outcome).toBe("inject");
    expect(result.warnings.join()).toContain("the configuration insists on injecting");
  });

  test("is denied on reinvocation when both sidecars are there, naming both", () => {
    const first = injected(aPod()).pod;
    const both = withContainers(aContainer("nginx"), aContainer("istio-proxy"))(first);
    const surroundings: Surroundings = {};
    const { result } = injected(both, surroundings);
    expect(result).toMatchObject({ outcome: "deny", reason: "two-meshes" });
    expect(result.message).toContain("mesh/test-mesh/virtualNode/shop-nginx");
    expect(result.message).toContain("istio-proxy");
    expect(injected(both, { configuration: { otherMesh: "insist" } }).result.reason).toBe("already-injected");
  });

  test("stays injected on reinvocation while the other is only announced", () => {
    const first = injected(aPod()).pod;
    expect(injected(first, { namespace: istio }).result).toMatchObject({ reason: "already-injected", patch: [] });
  });
});
