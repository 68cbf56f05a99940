import { describe, expect, test } from "vitest";
import { annotated, aPod, appmesh, injected, type PodChange, type Surroundings, withSpec } from "../../../test/pods.ts";
import { INJECT_KEY } from "../../model/names.ts";

const labels = (value: string) => ({ labels: { [INJECT_KEY]: value } });

function outcomeOf(change: PodChange, surroundings: Surroundings = {}) {
  const { outcome, reason, patch } = injected(aPod(change), surroundings).result;
  return { outcome, reason, patched: patch.length > 0 };
}

const nothing: PodChange = (pod) => pod;
const injection = (value: string) => appmesh({ sidecarInjectorWebhook: value });

describe("never injected:", () => {
  test.each<[string, PodChange, string]>([
    ["a pod on the host's network", withSpec({ hostNetwork: true }), "host-network"],
    ["a mirror pod", annotated({ "kubernetes.io/config.mirror": "abc" }), "mirror-pod"],
    ["a mirror pod with an empty hash", annotated({ "kubernetes.io/config.mirror": "" }), "mirror-pod"],
    ["an opted-out pod", injection("disabled"), "opted-out"],
    ["an opted-out pod in capitals", injection("DISABLED"), "opted-out"],
    ["a Windows pod", withSpec({ os: { name: "windows" } }), "windows"],
  ])("%s", (_name, change, reason) => {
    expect(outcomeOf(change)).toEqual({ outcome: "skip", reason, patched: false });
  });

  test.each(["kube-system", "appmesh-inject", "appmesh-system"])("namespace %s", (name) => {
    const surroundings = { namespace: { name, ...labels("enabled") } };
    expect(outcomeOf(injection("enabled"), surroundings).reason).toBe("namespace-excluded");
  });

  test.each(["UPDATE", "DELETE", "CONNECT", "create", ""])("operation %j", (operation) => {
    const request = { operation, dryRun: false, user: "tester" };
    expect(outcomeOf(nothing, { request })).toEqual({ outcome: "skip", reason: "not-a-create", patched: false });
  });
});

describe("injected all the same:", () => {
  test.each<[string, PodChange]>([
    ["hostNetwork false", withSpec({ hostNetwork: false })],
    ["hostNetwork null", withSpec({ hostNetwork: null })],
    ["a Linux pod", withSpec({ os: { name: "linux" } })],
    ["a node selector for Windows only", withSpec({ nodeSelector: { "kubernetes.io/os": "linux" } })],
    ["a static pod's source", annotated({ "kubernetes.io/config.source": "file" })],
    ["host PID", withSpec({ hostPID: true })],
  ])("%s", (_name, change) => {
    expect(outcomeOf(change)).toEqual({ outcome: "inject", reason: "injected", patched: true });
  });

  test("a dry run, with the same patch", () => {
    const request = { operation: "CREATE", dryRun: true, user: "tester" };
    expect(injected(aPod(), { request }).result).toEqual(injected(aPod()).result);
  });
});

describe("the namespace's label and the pod's annotation", () => {
  test.each([
    ["enabled", undefined, "inject", "injected"],
    ["enabled", "enabled", "inject", "injected"],
    ["enabled", "disabled", "skip", "opted-out"],
    ["enabled", "yes", "inject", "injected"],
    ["enabled", "", "inject", "injected"],
    ["disabled", undefined, "skip", "not-opted-in"],
    ["disabled", "enabled", "inject", "injected"],
    ["disabled", "Enabled", "inject", "injected"],
    ["disabled", "disabled", "skip", "opted-out"],
    ["disabled", "yes", "skip", "not-opted-in"],
    [undefined, undefined, "skip", "namespace-not-enabled"],
    [undefined, "enabled", "skip", "namespace-not-enabled"],
    ["Enabled", "enabled", "skip", "namespace-not-enabled"],
    ["", undefined, "skip", "namespace-not-enabled"],
  ])("%s and %s: %s", (label, annotation, outcome, reason) => {
    const namespace = label === undefined ? { labels: {} } : labels(label);
    const change = annotation === undefined ? nothing : injection(annotation);
    expect(outcomeOf(change, { namespace })).toEqual({ outcome, reason, patched: outcome === "inject" });
  });

  test("a slip in the annotation is told even where it is the reason for the skip", () => {
    const { result } = injected(aPod(injection("enable")), { namespace: labels("disabled") });
    expect(result.outcome).toBe("skip");
    expect(result.warnings).toEqual([expect.stringContaining('"enable", expected enabled or disabled (enabled?)')]);
  });
});

describe("with injectDefault off a pod of an enabled namespace", () => {
  test.each([
    [undefined, "skip"],
    ["disabled", "skip"],
    ["enabled", "inject"],
    ["yes", "skip"],
  ])("annotated %s: %s", (annotation, outcome) => {
    const change = annotation === undefined ? nothing : injection(annotation);
    expect(outcomeOf(change, { configuration: { injectDefault: false } }).outcome).toBe(outcome);
  });
});
