import { APPMESH_PREFIX, CAPTURE_CONTAINER } from "../../model/names.ts";
import type { Ended, Trace } from "../trace.ts";
import type { Seen } from "./seen.ts";

const PSA_LABEL = "pod-security.kubernetes.io/enforce";

/** Pod Security judges the pod after all webhooks; saying it here puts the reason and the way out beside each other. */
export function podSecurity({ input, settings }: Pick<Seen, "input" | "settings">, trace: Trace): Ended | undefined {
  const level = input.namespace.labels[PSA_LABEL];
  if (level !== "baseline" && level !== "restricted") return undefined;
  if (settings.capture.mode === "init") {
    trace.warn(
      "pod-security",
      `namespace ${input.namespace.name} enforces Pod Security ${level}, which refuses NET_ADMIN of ${CAPTURE_CONTAINER}: use the CNI plugin (${APPMESH_PREFIX}appmeshCNI: enabled) or label it privileged`,
    );
  }
  if (settings.sdsSocket !== undefined) {
    trace.warn(
      "pod-security",
      `namespace ${input.namespace.name} enforces Pod Security ${level}, which refuses the hostPath of the SDS socket: set ${APPMESH_PREFIX}sds to disabled or label it privileged`,
    );
  }
  return undefined;
}
