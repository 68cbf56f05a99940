import type { Guard } from "./chain.ts";
import { containerNames } from "./container-names.ts";
import { environmentNames } from "./environment-names.ts";
import { outlastedGracePeriod } from "./outlasted-grace-period.ts";
import { podSecurity } from "./pod-security.ts";
import type { Seen } from "./seen.ts";
import { sharedUserId } from "./shared-user-id.ts";
import { sidecarPorts } from "./sidecar-ports.ts";
import { mountedVolumes, volumeNames } from "./volumes.ts";
import { waitingInitContainers } from "./waiting-init-containers.ts";

/** What the API server, the kubelet or Envoy would trip over later, found before. In the order in which they are asked. */
export const CONFLICTS: readonly Guard<Pick<Seen, "input" | "pod" | "settings" | "annotations" | "node">>[] = [
  containerNames,
  volumeNames,
  mountedVolumes,
  environmentNames,
  sidecarPorts,
  sharedUserId,
  podSecurity,
  outlastedGracePeriod,
  waitingInitContainers,
];
