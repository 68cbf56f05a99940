import { describe, expect, test } from "vitest";
import type { JsonObject } from "../model/json.ts";
import { podTemplates } from "./pod-templates.ts";
import { objectsOfDocument, workloadsOf } from "./workloads.ts";

const container: JsonObject = { name: "app", image: "app:1" };
const template: JsonObject = { metadata: { labels: { app: "x" } }, spec: { containers: [container] } };

/** Paths as people write them, those of templates and those that are unsure. */
function found(apiVersion: string, kind: string, rest: JsonObject) {
  const { templates, unsure } = podTemplates({ apiVersion, kind, json: { apiVersion, kind, ...rest } });
  const written = (paths: readonly (readonly string[])[]) => paths.map((path) => path.join("."));
  return { templates: written(templates), unsure: written(unsure) };
}

describe("pod templates stand", () => {
  test.each<[string, string, JsonObject, readonly string[]]>([
    ["keda.sh/v1alpha1", "ScaledJob", { spec: { jobTargetRef: { template } } }, ["spec.jobTargetRef.template"]],
    ["apps.kruise.io/v1alpha1", "CloneSet", { spec: { template } }, ["spec.template"]],
    [
      "batch.volcano.sh/v1alpha1",
      "Job",
      { spec: { tasks: [{ name: "a", template }, { template }] } },
      ["spec.tasks.0.template", "spec.tasks.1.template"],
    ],
    [
      "jobset.x-k8s.io/v1alpha2",
      "JobSet",
      { spec: { replicatedJobs: [{ name: "w", template: { spec: { template } } }] } },
      ["spec.replicatedJobs.0.template.spec.template"],
    ],
    [
      "ray.io/v1",
      "RayCluster",
      { spec: { headGroupSpec: { template }, workerGroupSpecs: [{ template }] } },
      ["spec.headGroupSpec.template", "spec.workerGroupSpecs.0.template"],
    ],
    [
      "kubeflow.org/v2beta1",
      "MPIJob",
      { spec: { mpiReplicaSpecs: { Launcher: { template }, Worker: { replicas: 2, template } } } },
      ["spec.mpiReplicaSpecs.Launcher.template", "spec.mpiReplicaSpecs.Worker.template"],
    ],
    ["example.com/v1", "Widget", { spec: { deep: { podTemplate: template } } }, ["spec.deep.podTemplate"]],
    ["argoproj.io/v1alpha1", "Rollout", { spec: { template: { spec: { containers: [{}] } } } }, ["spec.template"]],
  ])("in %s %s", (apiVersion, kind, rest, templates) => {
    expect(found(apiVersion, kind, rest)).toEqual({ templates, unsure: [] });
    const objects = objectsOfDocument({ apiVersion, kind, metadata: { name: "x" }, ...rest });
    const workloads = workloadsOf(objects);
    expect(workloads.map(({ podPointer }) => podPointer.slice(1).replaceAll("/", "."))).toEqual(templates);
    for (const { pod } of workloads) expect(pod).toHaveProperty("spec.containers");
  });
});

describe("left to the webhook, and named, are", () => {
  test.each<[string, string, JsonObject, readonly string[]]>([
    ["serving.knative.dev/v1", "Service", { spec: { template } }, ["spec.template"]],
    [
      "ray.io/v1",
      "RayJob",
      { spec: { rayClusterSpec: { headGroupSpec: { template } } } },
      ["spec.rayClusterSpec.headGroupSpec.template"],
    ],
    [
      "leaderworkerset.x-k8s.io/v1",
      "LeaderWorkerSet",
      { spec: { leaderWorkerTemplate: { leaderTemplate: template, workerTemplate: template } } },
      ["spec.leaderWorkerTemplate.leaderTemplate", "spec.leaderWorkerTemplate.workerTemplate"],
    ],
    [
      "argoproj.io/v1alpha1",
      "Workflow",
      { spec: { templates: [{ name: "main", container: { image: "a" } }, { script: { image: "b" } }] } },
      ["spec.templates.0.container", "spec.templates.1.script"],
    ],
    [
      "argoproj.io/v1alpha1",
      "CronWorkflow",
      { spec: { workflowSpec: { templates: [{ container: { image: "a" } }] } } },
      ["spec.workflowSpec.templates.0.container"],
    ],
    ["sparkoperator.k8s.io/v1beta2", "SparkApplication", { spec: { image: "spark" } }, ["spec"]],
    ["tekton.dev/v1", "Task", { spec: { steps: [{ image: "a" }] } }, ["spec.steps.0"]],
    // containers without names, with a placeholder, with more than a template has, and of an object with an owner of its own
    [
      "example.com/v1",
      "X",
      { spec: { a: { template: { spec: { containers: [{ image: "a" }] } } } } },
      ["spec.a.template.spec.containers.0"],
    ],
    [
      "example.com/v1",
      "X",
      { spec: { a: { template: { spec: { containers: [{ name: "*", image: "*:1" }] } } } } },
      ["spec.a.template.spec.containers.0"],
    ],
    [
      "example.com/v1",
      "X",
      { spec: { a: { template: { ...template, replicas: 1 } } } },
      ["spec.a.template.spec.containers.0"],
    ],
    [
      "example.com/v1",
      "X",
      { spec: { podTemplate: { apiVersion: "v1", kind: "Pod", ...template } } },
      ["spec.podTemplate.spec.containers.0"],
    ],
    ["example.com/v1", "X", { spec: { other: template } }, ["spec.other.spec.containers.0"]],
  ])("%s %s %#", (apiVersion, kind, rest, unsure) => {
    expect(found(apiVersion, kind, rest)).toEqual({ templates: [], unsure });
  });
});

describe("nothing is found in", () => {
  test.each<[string, string, JsonObject]>([
    ["cert-manager.io/v1", "Certificate", { spec: { secretTemplate: { labels: {} } } }],
    ["example.com/v1", "X", { metadata: { a: { image: "a" } }, status: { template } }],
    ["example.com/v1", "X", { spec: { template: { spec: { containers: [] } }, image: "" } }],
    ["kyverno.io/v1", "ClusterPolicy", { spec: { rules: [{ validate: { pattern: { spec: { template } } } }] } }],
    ["image.toolkit.fluxcd.io/v1", "ImageRepository", { spec: { image: "a" } }],
    ["networking.k8s.io/v1", "Ingress", { spec: { image: "a" } }],
    ["v1", "ConfigMap", { data: { image: "a" } }],
  ])("%s %s", (apiVersion, kind, rest) => {
    expect(found(apiVersion, kind, rest)).toEqual({ templates: [], unsure: [] });
  });
});

test("an object without end is searched up to a limit", () => {
  let deep: JsonObject = { image: "a" };
  for (let depth = 0; depth < 5000; depth++) deep = { deep };
  expect(found("example.com/v1", "X", { spec: deep })).toEqual({ templates: [], unsure: [] });
  const wide = { spec: { list: Array.from({ length: 50_000 }, () => ({ image: "a" })) } };
  expect(found("example.com/v1", "X", wide).unsure.length).toBeLessThan(20_001);
});
