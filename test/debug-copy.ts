import { type JsonObject, member, objectOf, objectsOf, stringOf } from "../src/model/json.ts";

/** What `kubectl debug --copy-to` keeps when it is asked to; everything but the init containers goes by default. */
export type Kept = "annotations" | "labels" | "probes";

/**
 * The copy of a pod that `kubectl debug POD --copy-to=NAME --image=busybox --container=dbg` sends, as kubectl 1.36 makes it
 * (generatePodCopyWithDebugContainer and KeepFlags in k8s.io/kubectl/pkg/cmd/debug).
 */
export function debugCopy(pod: JsonObject, name: string, ...kept: readonly Kept[]): JsonObject {
  const { namespace, annotations, labels } = objectOf(pod.metadata);
  const spec = objectOf(pod.spec);
  const probes = ["startupProbe", "livenessProbe", "readinessProbe"];
  const containers = objectsOf(spec.containers).map((container) =>
    kept.includes("probes")
      ? container
      : Object.fromEntries(Object.entries(container).filter(([key]) => !probes.includes(key))),
  );
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(kept.includes("annotations") && annotations !== undefined && { annotations }),
      ...(kept.includes("labels") && labels !== undefined && { labels }),
    },
    spec: {
      ...spec,
      shareProcessNamespace: true,
      containers: [...containers, { name: "dbg", image: "busybox" }],
    },
  };
}

/** The same with other images in its containers, as `--set-image=*=busybox` has it. */
export function withImages(pod: JsonObject, image: string): JsonObject {
  const spec = objectOf(pod.spec);
  return { ...pod, spec: { ...spec, containers: objectsOf(spec.containers).map((entry) => ({ ...entry, image })) } };
}

/** The same without init containers, as `--keep-init-containers=false` has it. */
export function withoutInitContainers(pod: JsonObject): JsonObject {
  const { initContainers: _, ...spec } = objectOf(pod.spec);
  return { ...pod, spec };
}

/** The argument that holds a sidecar's bootstrap. */
export function bootstrapOf(pod: JsonObject): string {
  const all = [...objectsOf(member(pod.spec, "initContainers")), ...objectsOf(member(pod.spec, "containers"))];
  const args = all.find((container) => container.name === "envoy")?.args;
  return stringOf((args as readonly string[] | undefined)?.[1]) ?? "";
}
