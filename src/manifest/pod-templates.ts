import { isObject, type Json, type JsonObject, listOf, member, stringOf } from "../model/json.ts";

/** What of an object pods are made from. Paths are tokens of JSON pointers from the object. */
export interface PodTemplates {
  readonly templates: readonly (readonly string[])[];
  /** Places that look as if pods were made from them, but are no pod template or none that may be changed. */
  readonly unsure: readonly (readonly string[])[];
}

interface KindOfObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly json: JsonObject;
}

/** Kinds whose pod template is somewhere else than at `spec.template`. */
const OWN_PATHS: Readonly<Record<string, readonly string[]>> = {
  "v1/Pod": [],
  "v1/PodTemplate": ["template"],
  "batch/CronJob": ["spec", "jobTemplate", "spec", "template"],
};

const PLAIN_PATH = ["spec", "template"];

/** Kinds of Kubernetes itself with a template at `spec.template`; of other kinds the template must hold containers. */
const TEMPLATED = new Set([
  "v1/ReplicationController",
  "apps/Deployment",
  "apps/ReplicaSet",
  "apps/StatefulSet",
  "apps/DaemonSet",
  "batch/Job",
]);

/**
 * Kinds whose templates are left to the webhook: Knative takes no init containers in its templates, and the others make objects
 * with generated names, after which the pods' virtual nodes are named.
 */
const LEFT_TO_WEBHOOK = new Set([
  "serving.knative.dev/Service",
  "serving.knative.dev/Configuration",
  "serving.knative.dev/Revision",
  "ray.io/RayJob",
  "ray.io/RayService",
  "leaderworkerset.x-k8s.io/LeaderWorkerSet",
]);

/** Groups whose objects hold images, or patterns of pods, and make none. */
const MAKE_NO_PODS =
  /^(kyverno\.io|(constraints|templates|mutations)\.gatekeeper\.sh|policies\.kubewarden\.io|image\.toolkit\.fluxcd\.io)$/;

/** Nobody writes more; an object of megabytes is not searched forever. */
const LIMITS = { depth: 24, nodes: 20_000 } as const;

/**
 * Finds the pod templates of an object of any kind. Of kinds that we do not know, a template is what stands under `template` or
 * `…Template`, at any depth, has nothing but `metadata` and `spec`, and whose containers all have a name and an image. What
 * merely has an image somewhere is named as unsure.
 */
export function podTemplates({ apiVersion, kind, json }: KindOfObject): PodTemplates {
  const group = groupOrVersion(apiVersion);
  const type = `${group}/${kind}`;
  const own = Object.hasOwn(OWN_PATHS, type) ? OWN_PATHS[type] : undefined;
  if (own !== undefined) return { templates: [own], unsure: [] };
  if (TEMPLATED.has(type)) return { templates: [PLAIN_PATH], unsure: [] };
  if (isBuiltIn(group)) return { templates: hasContainers(json) ? [PLAIN_PATH] : [], unsure: [] };
  if (MAKE_NO_PODS.test(group)) return { templates: [], unsure: [] };
  const search = new Search(json);
  if (!LEFT_TO_WEBHOOK.has(type)) return search;
  return { templates: [], unsure: [...search.templates, ...search.unsure] };
}

function hasContainers(json: JsonObject): boolean {
  const template = member(member(json, "spec"), "template");
  return Array.isArray(member(member(template, "spec"), "containers"));
}

class Search implements PodTemplates {
  readonly templates: (readonly string[])[] = [];
  readonly unsure: (readonly string[])[] = [];
  #nodes = 0;

  constructor(json: JsonObject) {
    for (const [key, value] of Object.entries(json)) {
      if (key !== "metadata" && key !== "status") this.#visit(value, [key]);
    }
  }

  #visit(value: Json, path: readonly string[]): void {
    if (typeof value !== "object" || value === null) return;
    if (path.length > LIMITS.depth || ++this.#nodes > LIMITS.nodes) return;
    if (isObject(value)) {
      // an object in an object has an owner of its own
      const isEmbedded =
        stringOf(member(value, "kind")) !== undefined && stringOf(member(value, "apiVersion")) !== undefined;
      if (isTemplate(path, value) && !isEmbedded) {
        this.templates.push(path);
        return;
      }
      if (stringOf(member(value, "image"))) this.unsure.push(path);
    }
    for (const [key, entry] of Object.entries(value)) this.#visit(entry as Json, [...path, key]);
  }
}

function isTemplate(path: readonly string[], value: JsonObject): boolean {
  const containers = listOf(member(member(value, "spec"), "containers"));
  if (containers.length === 0) return false;
  // as ever: workloads that follow the shape of Kubernetes' own
  if (path.length === 2 && path[0] === "spec" && path[1] === "template") return true;
  return (
    /^template$|Template$/.test(path.at(-1) ?? "") &&
    Object.keys(value).every((key) => key === "metadata" || key === "spec") &&
    containers.every(
      (container) =>
        /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(stringOf(member(container, "name")) ?? "") &&
        /^[a-zA-Z0-9][^\s*{}]{0,1023}$/.test(stringOf(member(container, "image")) ?? ""),
    )
  );
}

/** Groups of Kubernetes itself: `apps` and `batch`, the core group, which has only its version, and some of those in `k8s.io`. */
const BUILT_IN =
  /^([a-z0-9]+|((admissionregistration|apiextensions|apiregistration|authentication|authorization|certificates|coordination|discovery|events|(flowcontrol|internal)\.apiserver|networking|node|rbac\.authorization|resource|scheduling|storage|storagemigration)\.k8s\.io))$/;

function isBuiltIn(group: string): boolean {
  return BUILT_IN.test(group);
}

/** `batch/v1` and `batch/v1beta1` are one group to us; the core group has only its version. */
function groupOrVersion(apiVersion: string): string {
  return apiVersion.split("/")[0] as string;
}
