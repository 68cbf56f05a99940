import type { MeshView, RouteTargetView, ServiceView } from "../../graph/view.ts";
import { clusterOfTarget } from "./names.ts";
import { NOWHERE_CLUSTER } from "./pass-through.ts";

/** The clusters of a service's route targets that have a weight, in the order of the object. */
export function clusterWeights(
  { mesh, targets: known }: MeshView,
  service: ServiceView,
  targets: readonly RouteTargetView[],
): readonly { readonly name: string; readonly weight: number }[] {
  return targets
    .filter(({ weight }) => weight > 0)
    .map((target) => {
      if (target.kind === "missing") return { name: NOWHERE_CLUSTER, weight: target.weight };
      const listener = known
        .find(({ name }) => name === target.target)
        ?.listeners.find(({ port }) => port === target.port);
      if (listener === undefined) return { name: NOWHERE_CLUSTER, weight: target.weight };
      const name = clusterOfTarget(mesh.name, service, target.target, listener);
      return { name, weight: target.weight };
    });
}
