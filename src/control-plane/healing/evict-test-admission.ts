import type { KubeClient } from "../../kube/client.ts";
import { KubeError } from "../../kube/kube-error.ts";
import { type JsonObject, member, objectOf, stringMapOf, stringOf } from "../../model/json.ts";
import { RECORD_KEY } from "../../model/names.ts";

export type TestAdmission =
  | { readonly kind: "injected" }
  /** It came back without a sidecar, or was refused; in words. */
  | { readonly kind: "not-injected"; readonly why: string };

/**
 * Has the API server go through the creation of such a pod, with every webhook and policy, without storing it
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run), and tells whether it would have a sidecar. `pod` is a
 * stored pod. Rejects with KubeError when the API server could not say.
 */
export async function testAdmission(
  client: KubeClient,
  pod: JsonObject,
  signal: AbortSignal,
  timeout: number,
): Promise<TestAdmission> {
  const namespace = stringOf(member(member(pod, "metadata"), "namespace")) ?? "";
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods?dryRun=All&fieldManager=outrigger-control-plane`;
  let made: JsonObject;
  try {
    made = await client.send({ method: "POST", path, body: anotherPod(pod), signal, timeout });
  } catch (error) {
    // An answer about the pod is an answer; that we may not ask is one too.
    if (error instanceof KubeError && error.status >= 400 && error.status < 500 && error.status !== 429) {
      return { kind: "not-injected", why: error.message };
    }
    throw error;
  }
  const annotations = stringMapOf(member(member(made, "metadata"), "annotations"));
  if (Object.hasOwn(annotations, RECORD_KEY)) return { kind: "injected" };
  return { kind: "not-injected", why: "a pod of the same form was admitted without a sidecar" };
}

/** A pod like a stored one, as its controller would ask for it: nothing of what the cluster gave it is left. */
export function anotherPod(pod: JsonObject): JsonObject {
  const metadata = objectOf(member(pod, "metadata"));
  const kept = ["namespace", "labels", "annotations", "ownerReferences"].flatMap((key) =>
    metadata[key] === undefined ? [] : [[key, metadata[key]] as const],
  );
  const generateName = stringOf(metadata["generateName"]) ?? `${stringOf(metadata["name"]) ?? "pod"}-`;
  const { nodeName: _node, ephemeralContainers: _ephemeral, ...spec } = objectOf(member(pod, "spec"));
  return { apiVersion: "v1", kind: "Pod", metadata: { ...Object.fromEntries(kept), generateName }, spec };
}
