import { describe, expect, test } from "vitest";
import type { JsonObject } from "../model/json.ts";
import { ownerOf } from "./owner.ts";
import { objectsOfDocument, type Workload, workloadsOf } from "./workloads.ts";

const template = { spec: { containers: [{ name: "app", image: "app" }] } };
const workloads = (json: JsonObject) => workloadsOf(objectsOfDocument(json));

function only(json: JsonObject): Workload {
  const [workload, ...rest] = workloads(json);
  if (workload === undefined || rest.length > 0) throw new Error("expected one workload");
  return workload;
}

describe("pods are found in", () => {
  test.each([
    ["v1", "ReplicationController", { spec: { template } }, "/spec/template"],
    ["apps/v1", "Deployment", { spec: { template } }, "/spec/template"],
    ["apps/v1", "ReplicaSet", { spec: { template } }, "/spec/template"],
    ["apps/v1", "StatefulSet", { spec: { template } }, "/spec/template"],
    ["apps/v1", "DaemonSet", { spec: { template } }, "/spec/template"],
    ["batch/v1", "Job", { spec: { template } }, "/spec/template"],
    ["batch/v1", "CronJob", { spec: { jobTemplate: { spec: { template } } } }, "/spec/jobTemplate/spec/template"],
    ["batch/v1beta1", "CronJob", { spec: { jobTemplate: { spec: { template } } } }, "/spec/jobTemplate/spec/template"],
    ["v1", "PodTemplate", { template }, "/template"],
    ["argoproj.io/v1alpha1", "Rollout", { spec: { template } }, "/spec/template"],
    ["apps.openshift.io/v1", "DeploymentConfig", { spec: { template } }, "/spec/template"],
    ["v1", "Pod", template, ""],
  ])("%s %s", (apiVersion, kind, rest, podPointer) => {
    expect(only({ apiVersion, kind, metadata: { name: "x" }, ...rest })).toMatchObject({ podPointer, name: "x" });
  });

  test("Lists, also typed ones whose members leave out their kind, and Lists of Lists", () => {
    const pod = { metadata: { name: "p" }, ...template };
    const list = { apiVersion: "v1", kind: "List", items: [{ apiVersion: "v1", kind: "PodList", items: [pod, pod] }] };
    expect(workloads(list).map(({ podPointer, kind }) => [podPointer, kind])).toEqual([
      ["/items/0/items/0", "Pod"],
      ["/items/0/items/1", "Pod"],
    ]);
  });
});

describe("no pods are found in", () => {
  test.each<[string, JsonObject]>([
    [
      "a template of something else",
      { apiVersion: "cert-manager.io/v1", kind: "X", spec: { template: { spec: { secret: "s" } } } },
    ],
    ["a Service", { apiVersion: "v1", kind: "Service", spec: { selector: {} } }],
    ["a Pod of another API group", { apiVersion: "example.com/v1", kind: "Pod", spec: {} }],
    ["a List without items", { apiVersion: "v1", kind: "List", items: null }],
    ["values without a kind", { replicas: 2, spec: { template } }],
    ["a Deployment whose template is text", { apiVersion: "apps/v1", kind: "Deployment", spec: { template: "x" } }],
    ["Lists nested deeper than anyone writes", nested(20)],
  ])("%s", (_name, json) => {
    expect(workloads(json)).toEqual([]);
  });

  function nested(depth: number): JsonObject {
    const inner = depth === 0 ? { apiVersion: "v1", kind: "Pod", ...template } : nested(depth - 1);
    return { apiVersion: "v1", kind: "List", items: [inner] };
  }
});

describe("the owner of a workload's pods is", () => {
  const reference = (apiVersion: string, kind: string, name: string) => ({
    ownerReferences: [{ apiVersion, kind, name, uid: "u", controller: true }],
  });
  const owned = (apiVersion: string, kind: string, metadata: JsonObject) =>
    only({
      apiVersion,
      kind,
      metadata: { name: "own", ...metadata },
      ...template,
      spec: { template, ...template.spec },
    });

  test("the workload itself", () => {
    expect(ownerOf(owned("apps/v1", "Deployment", {}), [])).toMatchObject({ kind: "known", owner: { name: "own" } });
  });

  test("the controller of the workload, where it has one", () => {
    const job = owned("batch/v1", "Job", reference("batch/v1", "CronJob", "nightly"));
    expect(ownerOf(job, [])).toMatchObject({ kind: "known", owner: { kind: "CronJob", name: "nightly" } });
  });

  test("nobody, for a bare pod", () => {
    expect(ownerOf(owned("v1", "Pod", {}), [])).toEqual({ kind: "none" });
  });

  test("the Deployment of the pod's ReplicaSet, where that is at hand", () => {
    const pod = owned("v1", "Pod", reference("apps/v1", "ReplicaSet", "own"));
    const set = owned("apps/v1", "ReplicaSet", reference("apps/v1", "Deployment", "web"));
    expect(ownerOf(pod, [pod, set])).toMatchObject({ kind: "known", owner: { kind: "Deployment", name: "web" } });
    expect(ownerOf(pod, [pod])).toMatchObject({ kind: "lookup-failed", direct: { kind: "ReplicaSet" } });
  });

  test("called by its generated name without the dash", () => {
    const job = only({ apiVersion: "batch/v1", kind: "Job", metadata: { generateName: "pi-" }, spec: { template } });
    expect(ownerOf(job, [])).toMatchObject({ kind: "known", owner: { name: "pi" } });
  });
});
