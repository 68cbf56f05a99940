import type { JsonObject } from "../../model/json.ts";
import { annotationsOf } from "../objects/object-name.ts";

/** A release of Helm, by which `helm uninstall NAME -n NAMESPACE` finds it. */
export interface HelmRelease {
  readonly name: string;
  readonly namespace: string;
}

/**
 * The release that a stored object belongs to, by the annotations that Helm puts on all that it makes
 * (https://helm.sh/docs/intro/using_helm/#helm-install-installing-a-package); undefined when there is none.
 */
export function helmReleaseOf(stored: JsonObject): HelmRelease | undefined {
  const annotations = annotationsOf(stored);
  const name = annotations["meta.helm.sh/release-name"];
  if (name === undefined) return undefined;
  return { name, namespace: annotations["meta.helm.sh/release-namespace"] ?? "default" };
}
