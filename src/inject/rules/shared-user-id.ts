import { member, numberOf } from "../../model/json.ts";
import { describeContainer } from "../pod.ts";
import type { Ended, Trace } from "../trace.ts";
import type { Seen } from "./seen.ts";

/** Traffic of the proxy's user is not redirected, so an app that runs as the same user is outside the mesh. */
export function sharedUserId({ pod, settings }: Pick<Seen, "pod" | "settings">, trace: Trace): Ended | undefined {
  if (settings.capture.mode === "none") return undefined;
  const { uid } = settings;
  const ofPod = numberOf(member(member(pod.spec, "securityContext"), "runAsUser"));
  const same = [...pod.initContainers, ...pod.containers].filter(
    (container) => (numberOf(member(member(container.raw, "securityContext"), "runAsUser")) ?? ofPod) === uid,
  );
  if (same.length === 0) return trace.pass("user-id", `no container runs as UID ${uid}`);
  return trace.warn(
    "user-id",
    `${same.map(describeContainer).join(", ")} runs as UID ${uid} like Envoy: its outgoing traffic bypasses the mesh; choose another runAsUser`,
  );
}
