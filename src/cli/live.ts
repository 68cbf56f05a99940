import { RESOURCES } from "../cluster/resources.ts";
import { kubeClient } from "../kube/client.ts";
import { kubeEndpoint } from "../kube/endpoint.ts";
import { inNamespace } from "../kube/object-path.ts";
import { type ManifestObject, objectsOfDocument, workloadsOf } from "../manifest/workloads.ts";
import type { TrustFacts } from "../model/facts.ts";
import { type JsonObject, member } from "../model/json.ts";
import { RECORD_KEY } from "../model/names.ts";
import { controllerOf } from "../model/owner.ts";
import { MISSING_TRUST, TRUST, trustPem } from "../model/trust.ts";
import type { ClusterOptions } from "./cluster-options.ts";
import { type ClusterReader, clusterReader } from "./cluster-reader.ts";
import { CommandError } from "./exit.ts";
import { decisionOf, type PodExplanation } from "./explanation.ts";
import { decideWorkload, type InjectionSetting } from "./inject-workload.ts";
import type { Io } from "./io.ts";
import { apiPath, liveTarget } from "./live-target.ts";
import { podEvidence } from "./pod-evidence.ts";

/** Explains an object of a live cluster; only reads. Rejects with KubeError, or CommandError when the object is not there. */
export async function explainLive(
  text: string,
  given: InjectionSetting,
  { kubeconfig = "", context = "", namespace: asked }: ClusterOptions & { readonly namespace?: string },
  io: Io,
): Promise<readonly PodExplanation[]> {
  const target = liveTarget(text);
  const endpoint = await kubeEndpoint(kubeconfig, io.environment, context);
  const namespace = asked ?? endpoint.namespace ?? "default";
  const setting = { ...given, assumptions: { ...given.assumptions, namespace } };
  const givenLabel = setting.assumptions.namespaceLabel;
  const cluster = clusterReader(kubeClient(endpoint), io);
  const path = apiPath(target.apiVersion, target.resource, namespace, target.name);
  const found = await cluster.one(path);
  if (found === undefined) {
    const [code, what] = cluster.wasForbidden(path)
      ? (["unreachable", "you are not allowed to get"] as const)
      : (["usage", "there is no"] as const);
    throw new CommandError(code, `${what} ${target.kind} ${target.name} in namespace ${namespace}`);
  }
  const object = { ...found, apiVersion: target.apiVersion, kind: target.kind };
  const others = await lookedUpObjects(cluster, object, namespace);
  const namespaceObject = others.find(({ kind }) => kind === "Namespace");
  const live: InjectionSetting = {
    ...setting,
    objects: [...setting.objects, ...others],
    assumptions: {
      ...setting.assumptions,
      namespaceLabel: givenLabel.kind === "given" ? givenLabel : { kind: "as-found" },
      trust: setting.assumptions.trust.kind === "known" ? setting.assumptions.trust : await clusterTrust(cluster),
    },
  };
  const workloads = workloadsOf(objectsOfDocument(object));
  const isBare =
    target.kind === "Pod" && member(member(member(object, "metadata"), "annotations"), RECORD_KEY) === undefined;
  const evidence = isBare ? await podEvidence(object, namespaceObject?.json, cluster) : [];
  return workloads.map((workload) => {
    const decision = decisionOf(decideWorkload(workload, live));
    return { where: "cluster", kind: target.kind, name: target.name, namespace, ...decision, evidence };
  });
}

/** The trust as a webhook finds it; a user who may not see it is not told that it is missing. */
async function clusterTrust(cluster: ClusterReader): Promise<TrustFacts> {
  const path = apiPath("v1", "configmaps", TRUST.namespace, TRUST.name);
  const pem = trustPem((await cluster.one(path)) ?? {});
  if (pem !== undefined) return { kind: "known", pem };
  if (cluster.wasForbidden(path)) return { kind: "later" };
  return MISSING_TRUST;
}

/** The objects that a webhook would look up for a pod of this namespace. */
async function lookedUpObjects(
  cluster: ClusterReader,
  object: JsonObject,
  namespace: string,
): Promise<readonly ManifestObject[]> {
  const lists: readonly (readonly [apiVersion: string, kind: string, path: string])[] = [
    ["v1", "LimitRange", inNamespace(RESOURCES.limitRanges.path, namespace)],
    ["v1", "ResourceQuota", inNamespace(RESOURCES.quotas.path, namespace)],
    [MESH_API, "VirtualNode", inNamespace(RESOURCES.virtualNodes.path, namespace)],
    [MESH_API, "VirtualGateway", inNamespace(RESOURCES.virtualGateways.path, namespace)],
    [MESH_API, "Mesh", RESOURCES.meshes.path],
  ];
  const listed = await Promise.all(
    lists.map(async ([apiVersion, kind, path]) => {
      const items = await cluster.list(path);
      return items.map((item): JsonObject => ({ ...item, apiVersion, kind }));
    }),
  );
  const namespaceObject = await cluster.one(`/api/v1/namespaces/${encodeURIComponent(namespace)}`);
  const owner = await directOwner(cluster, object, namespace);
  return [
    ...listed.flat(),
    ...(namespaceObject ? [{ ...namespaceObject, apiVersion: "v1", kind: "Namespace" }] : []),
    ...owner,
  ].flatMap((item) => objectsOfDocument(item as JsonObject));
}

const MESH_API = "appmesh.k8s.aws/v1beta2";

async function directOwner(cluster: ClusterReader, object: JsonObject, namespace: string): Promise<JsonObject[]> {
  const owner = controllerOf(object);
  if (owner?.kind !== "ReplicaSet" && owner?.kind !== "Job") return [];
  const resource = owner.kind === "Job" ? "jobs" : "replicasets";
  const found = await cluster.one(apiPath(owner.apiVersion, resource, namespace, owner.name));
  return found === undefined ? [] : [{ ...found, apiVersion: owner.apiVersion, kind: owner.kind }];
}
