import type { KubeClient } from "../../kube/client.ts";
import { KUBE_LIMITS } from "../../kube/limits.ts";
import { type JsonObject, member, stringOf } from "../../model/json.ts";
import type { Refusal } from "../install-error.ts";

/** The oldest minor version of Kubernetes 1: match conditions and admission policies are stable since then. */
export const OLDEST_MINOR = 30;

/** Answer of `/version`. Rejects with KubeError. */
export function readServerVersion(client: KubeClient, signal: AbortSignal): Promise<JsonObject> {
  return client.get("/version", { content: "whole", signal, timeout: KUBE_LIMITS.write });
}

/** Why the API server's version is not enough; undefined when it is. `version` is its answer to `/version`. */
export function versionRefusal(version: JsonObject): Refusal | undefined {
  const text = stringOf(member(version, "gitVersion")) ?? "unknown";
  const major = Number(stringOf(member(version, "major")));
  // managed clusters write "30+"
  const minor = Number.parseInt(stringOf(member(version, "minor")) ?? "", 10);
  if (major > 1 || (major === 1 && minor >= OLDEST_MINOR)) return undefined;
  return {
    reason: `the API server is Kubernetes ${text}: expected 1.${OLDEST_MINOR} or newer`,
    remedy: "upgrade the cluster; older ones have no match conditions, with which the webhook keeps out of the way",
  };
}
