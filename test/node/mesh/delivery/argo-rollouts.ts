import { type JsonObject, member, objectOf, objectsOf, sameJson } from "../../../../src/model/json.ts";
import { read, round, update } from "./stored-objects.ts";

/*
 * Behaves as Argo Rollouts' traffic routing for App Mesh (argoproj/argo-rollouts, rollout/trafficrouting/appmesh/appmesh.go): each round it writes the
 * hashes of two sets of pods into the selectors of two nodes, whether they differ or not, and the weights of a router where they differ.
 */

const HASH = "rollouts-pod-template-hash";
/** The hash of no pod, for a canary that is none. */
const NOBODY = "canary-hash";

export class ArgoRollouts {
  readonly #namespace: string;
  readonly #app: string;

  constructor(namespace: string, app: string) {
    this.#namespace = namespace;
    this.#app = app;
  }

  /** First the stable node, then the canary: in between both may select the same pods. */
  updateHash(canary: string, stable: string): Promise<void> {
    return round(async () => {
      await this.#select(`${this.#app}-stable`, stable);
      await this.#select(`${this.#app}-canary`, canary === stable ? NOBODY : canary);
    });
  }

  setWeight(canary: number): Promise<void> {
    return round(() => this.#weigh(canary));
  }

  async #weigh(canary: number): Promise<void> {
    const router = (await read("VirtualRouter", this.#namespace, this.#app)) ?? {};
    const routes = objectsOf(member(router.spec, "routes")).map((route) => {
      const httpRoute = objectOf(route["httpRoute"]);
      const weightedTargets = objectsOf(member(httpRoute["action"], "weightedTargets")).map((target) => {
        const isCanary = member(target["virtualNodeRef"], "name") === `${this.#app}-canary`;
        return { ...target, weight: isCanary ? canary : 100 - canary };
      });
      return { ...route, httpRoute: { ...httpRoute, action: { weightedTargets } } };
    });
    if (sameJson(routes as unknown as JsonObject[], member(router.spec, "routes"))) return;
    await update({ ...router, spec: { ...objectOf(router.spec), routes } });
  }

  async #select(name: string, hash: string): Promise<void> {
    const node = (await read("VirtualNode", this.#namespace, name)) ?? {};
    const { metadata, spec } = { metadata: objectOf(node.metadata), spec: objectOf(node.spec) };
    const podSelector = objectOf(spec["podSelector"]);
    const matchLabels = { ...objectOf(podSelector["matchLabels"]), [HASH]: hash };
    const annotations = { ...objectOf(metadata["annotations"]), "rollouts.argoproj.io/managed-by-rollouts": this.#app };
    await update({
      ...node,
      metadata: { ...metadata, annotations },
      spec: { ...spec, podSelector: { ...podSelector, matchLabels } },
    });
  }
}
