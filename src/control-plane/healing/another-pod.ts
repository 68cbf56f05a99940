import { type JsonObject, member, objectOf, stringOf } from "../../model/json.ts";

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
