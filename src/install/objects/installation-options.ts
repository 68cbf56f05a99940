import type { ConfigurationInput } from "../../config/schema.ts";
import type { Component } from "./ownership.ts";

/** Who makes the webhook's certificate: the injector itself, or cert-manager. */
export type Certificates = "own" | "cert-manager";

/** What an installation is made of. */
export interface InstallationOptions {
  readonly components: readonly Component[];
  /** Version of Outrigger: tag of the default image. */
  readonly release: string;
  /** Image of Outrigger with tag or digest; by default the released one. */
  readonly image?: string;
  /** The settings that differ from their defaults; the sections `webhook` and `controlPlane` reach only their own part. */
  readonly settings: ConfigurationInput;
  /** `ha`: two replicas of each part, spread over nodes, with a disruption budget. */
  readonly availability: "single" | "ha";
  /** What happens to pods while the injector cannot be reached: created without a sidecar, or refused. */
  readonly failurePolicy: "Ignore" | "Fail";
  readonly certificates: Certificates;
  /**
   * PriorityClass of our pods. None by default: `system-cluster-critical`, which would suit them, is refused on clusters that
   * allow it only under a quota of the namespace.
   */
  readonly priorityClass?: string;
}

/** Outrigger's own image. */
export function ownImage({ image, release }: Pick<InstallationOptions, "image" | "release">): string {
  return image ?? `docker.io/outrigger/outrigger:${release}`;
}

/** Whether the control plane may evict pods that slipped through. */
export function evictsPods(settings: ConfigurationInput): boolean {
  return settings.controlPlane?.restartSlippedThrough === true;
}

/** Names of the Secrets that ARNs of certificates mean, each once. */
export function certificateSecrets(settings: ConfigurationInput): readonly string[] {
  const meant = settings.controlPlane?.certificates?.secrets ?? [];
  return [...new Set(meant.map(({ secret }) => secret))].toSorted();
}
