import { KubeError } from "../../kube/kube-error.ts";
import { KUBE_LIMITS } from "../../kube/limits.ts";
import { apiRoot } from "../../kube/object-path.ts";
import { type JsonObject, listOf, member, objectsOf, stringOf } from "../../model/json.ts";
import { inBatches } from "../in-batches.ts";
import type { Reader } from "../lists.ts";

/** A kind of objects that lie in namespaces and can be listed. */
export interface ListableType {
  readonly apiVersion: string;
  readonly kind: string;
  /** Empty for Kubernetes' first kinds. */
  readonly group: string;
  readonly plural: string;
}

/** All of them, and the group versions that did not answer: an aggregated API whose server is away. */
export interface ListableTypes {
  readonly types: readonly ListableType[];
  readonly silent: readonly string[];
}

/**
 * Asks the API server for every listable kind of namespaced objects, each once, in the version that its group prefers
 * (https://kubernetes.io/docs/concepts/overview/kubernetes-api/#unaggregated-discovery). Rejects with KubeError.
 */
export async function listableTypes({ client, signal }: Reader): Promise<ListableTypes> {
  const ask = (path: string): Promise<JsonObject> =>
    client.get(path, { content: "whole", signal, timeout: KUBE_LIMITS.write });
  const groups = await ask("/apis");
  const versions = ["v1", ...objectsOf(groups.groups).flatMap(versionsOf)];
  const answers = await inBatches(versions, async (apiVersion) => {
    try {
      return typesOf(apiVersion, await ask(apiRoot(apiVersion)));
    } catch (error) {
      if (!(error instanceof KubeError) || error.code !== "status") throw error;
      return undefined;
    }
  });
  const types = new Map<string, ListableType>();
  for (const type of answers.flatMap((some) => some ?? [])) {
    const key = `${type.plural}.${type.group}`;
    if (!types.has(key)) types.set(key, type);
  }
  return { types: [...types.values()], silent: versions.filter((_, index) => answers[index] === undefined) };
}

/** Preferred version first, so that it wins. */
function versionsOf(group: JsonObject): readonly string[] {
  const all = objectsOf(group.versions).map(({ groupVersion }) => stringOf(groupVersion));
  const preferred = stringOf(member(group.preferredVersion, "groupVersion"));
  return [...new Set([preferred, ...all])].filter((version) => version !== undefined);
}

function typesOf(apiVersion: string, { resources }: JsonObject): readonly ListableType[] {
  const group = apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
  return objectsOf(resources).flatMap(({ name, kind, namespaced, verbs }) => {
    const plural = stringOf(name) ?? "";
    const canBeListed = namespaced === true && listOf(verbs).includes("list") && !plural.includes("/");
    return canBeListed ? [{ apiVersion, kind: stringOf(kind) ?? "", group, plural }] : [];
  });
}
