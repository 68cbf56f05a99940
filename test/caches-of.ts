import type { InjectionCaches } from "../src/cluster/caches.ts";
import { ObjectCache } from "../src/kube/object-cache.ts";
import type { MeshFacts, NodeFacts } from "../src/model/mesh-objects.ts";

/** What a test says about the cluster that identities are looked up in; its one namespace is `shop`, labelled `team: a`. */
export interface World {
  readonly virtualNodes?: readonly NodeFacts[];
  readonly meshes?: readonly MeshFacts[];
  /** Controllers of ReplicaSets, by name. */
  readonly replicaSets?: Readonly<Record<string, string>>;
}

/** InjectionCaches that hold what a test puts there. */
export function cachesOf({ virtualNodes = [], meshes = [], replicaSets = {} }: World): InjectionCaches {
  const holding = <T>(objects: readonly { namespace: string; name: string; value: T }[]): unknown => {
    const cache = new ObjectCache<T>();
    cache.replace(objects);
    return { cache };
  };
  return {
    namespaces: holding([{ namespace: "", name: "shop", value: { labels: { team: "a" }, annotations: {} } }]),
    virtualNodes: holding(virtualNodes.map((value) => ({ namespace: value.namespace, name: value.name, value }))),
    virtualGateways: holding([]),
    meshes: holding(meshes.map((value) => ({ namespace: "", name: value.name, value }))),
    replicaSets: holding(
      Object.entries(replicaSets).map(([name, deployment]) => ({
        namespace: "shop",
        name,
        value: {
          uid: `uid-of-${name}`,
          controller: { apiVersion: "apps/v1", kind: "Deployment", name: deployment, uid: "d" },
        },
      })),
    ),
    jobs: holding([]),
  } as unknown as InjectionCaches;
}
