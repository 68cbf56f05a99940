/* What App Mesh had in AWS Cloud Map: services with instances. Here pods are the instances. */

/** A service of a Cloud Map namespace, as the nodes of one mesh see it. */
export interface CloudMapService {
  /** Name of the Mesh object. */
  readonly mesh: string;
  readonly namespaceName: string;
  readonly serviceName: string;
}

/** Instances of a service that have all of these attributes. */
export interface CloudMapQuery extends CloudMapService {
  /** Sorted by key. */
  readonly attributes: readonly { readonly key: string; readonly value: string }[];
}

/** A pod as it may be registered. */
export interface RegisteredPod {
  readonly labels: Readonly<Record<string, string>>;
  /** One of each family that it has; none until it has one. */
  readonly addresses: readonly string[];
  /**
   * `healthy`: all containers are ready, whatever its readiness gates say, and it is not about to end. `leaving`: about to end, and
   * serves until then; or of a cluster node that does not answer, so that nobody knows. `unready`: not to be called.
   */
  readonly health: "healthy" | "leaving" | "unready";
}

/** Text that is the same for the same service. */
export function cloudMapKey({ mesh, namespaceName, serviceName }: CloudMapService): string {
  return JSON.stringify([mesh, namespaceName, serviceName]);
}
