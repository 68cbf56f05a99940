import { KubeError } from "../../kube/kube-error.ts";
import { KUBE_LIMITS } from "../../kube/limits.ts";
import { apiRoot } from "../../kube/object-path.ts";
import type { Writer } from "../../kube/writes.ts";
import { type JsonObject, objectsOf } from "../../model/json.ts";
import { inBatches } from "../in-batches.ts";
import type { Refusal } from "../install-error.ts";
import { objectNameOf } from "../objects/object-name.ts";

/**
 * Which of the objects are of kinds that the cluster does not serve, such as cert-manager's before it is installed: a dry run
 * cannot tell while their namespace is still to be made. Rejects with KubeError.
 */
export async function unservedKinds(writer: Writer, objects: readonly JsonObject[]): Promise<readonly Refusal[]> {
  const versions = [...new Set(objects.map((object) => objectNameOf(object).apiVersion))];
  const answers = await inBatches(versions, async (apiVersion) => {
    const served = await kindsOf(writer, apiVersion);
    if (served === undefined) return [];
    const wanted = objects.map(objectNameOf).filter((object) => object.apiVersion === apiVersion);
    const missing = [...new Set(wanted.map(({ kind }) => kind))].filter((kind) => !served.has(kind));
    return missing.length === 0 ? [] : [refusal(apiVersion, missing)];
  });
  return answers.flat();
}

/**
 * Of one API version (https://kubernetes.io/docs/concepts/overview/kubernetes-api/#unaggregated-discovery); none where it is not
 * served at all. Undefined for a user who may not ask, which everybody may unless it was taken from them.
 */
async function kindsOf({ client, signal }: Writer, apiVersion: string): Promise<ReadonlySet<unknown> | undefined> {
  const path = apiRoot(apiVersion);
  try {
    const { resources } = await client.get(path, { content: "whole", signal, timeout: KUBE_LIMITS.write });
    return new Set(objectsOf(resources).map(({ kind }) => kind));
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return new Set();
    if (error instanceof KubeError && error.status === 403) return undefined;
    throw error;
  }
}

function refusal(apiVersion: string, missing: readonly string[]): Refusal {
  return {
    reason: `this cluster does not know the kind ${missing.join(" and ")} of ${apiVersion}`,
    remedy: apiVersion.startsWith("cert-manager.io/")
      ? "install cert-manager first, or leave --cert-manager out"
      : "kubectl api-resources lists what its API server serves: have it serve this as well",
  };
}
