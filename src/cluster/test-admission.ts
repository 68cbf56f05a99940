import type { KubeClient } from "../kube/client.ts";
import { KubeError } from "../kube/kube-error.ts";
import type { Writer } from "../kube/writes.ts";
import { type JsonObject, member, stringMapOf, stringOf } from "../model/json.ts";
import { RECORD_KEY } from "../model/names.ts";

/** What the API server would do with a pod. */
export type TestAdmission =
  | { readonly kind: "injected" }
  /** It would be stored without a sidecar. */
  | { readonly kind: "bare" }
  /** It would not be stored; `why` is the API server's message. */
  | { readonly kind: "refused"; readonly why: string };

/**
 * Where a pod goes through its creation, with every webhook and policy, without being stored or scheduled
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run).
 */
export function testAdmissionPath(namespace: string, fieldManager?: Writer["fieldManager"]): string {
  const manager = fieldManager === undefined ? "" : `&fieldManager=${fieldManager}`;
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods?dryRun=All${manager}`;
}

/** Whether a pod that came back carries the record of an injection. */
export function cameInjected(pod: JsonObject): boolean {
  return Object.hasOwn(stringMapOf(member(member(pod, "metadata"), "annotations")), RECORD_KEY);
}

/**
 * Offers a pod, which names its namespace, to the API server. `timeout` in milliseconds. Rejects with KubeError when the API
 * server gave no answer about the pod: it is away, overloaded or broken.
 */
export async function testAdmission(
  {
    client,
    fieldManager,
    signal,
  }: Pick<Writer, "fieldManager" | "signal"> & { readonly client: Pick<KubeClient, "send"> },
  pod: JsonObject,
  timeout: number,
): Promise<TestAdmission> {
  const namespace = stringOf(member(member(pod, "metadata"), "namespace")) ?? "";
  const path = testAdmissionPath(namespace, fieldManager);
  try {
    const made = await client.send({ method: "POST", path, body: pod, signal, timeout });
    return { kind: cameInjected(made) ? "injected" : "bare" };
  } catch (error) {
    // An answer about the pod is an answer; that we may not ask is one too.
    if (error instanceof KubeError && error.status >= 400 && error.status < 500 && error.status !== 429) {
      return { kind: "refused", why: error.message };
    }
    throw error;
  }
}
