import type { EventText } from "../../kube/event-object.ts";
import type { Finding } from "./slipped-through-finding.ts";

/** What we say about workloads, in the events on them: a fixed set. */
export type OwnerEventReason = "SidecarSkipped" | "SlippedThrough" | "SlippedThroughEvicted";

/** Who says it. */
export const EVENT_COMPONENT = "outrigger.dev/control-plane";

/** The event about a finding; undefined for pods that were there before the injector was, which need no event. */
export function findingEvent(
  finding: Finding,
  restarts: boolean,
): (EventText & { readonly reason: OwnerEventReason }) | undefined {
  const { owner: subject, pod, message } = finding;
  switch (finding.kind) {
    case "created-before":
      return undefined;
    case "skipped":
      return {
        subject,
        type: "Warning",
        reason: "SidecarSkipped",
        action: "Skipped",
        message: `pod ${quoted(pod.name)} has no sidecar: ${message}`,
      };
    case "slipped-through": {
      const now = finding.outcome === "deny" ? "and would be refused now" : "which it would get now";
      return {
        subject,
        type: "Warning",
        reason: "SlippedThrough",
        action: "Reported",
        message: `pod ${quoted(pod.name)} was created without asking the injector; it runs without a sidecar, ${now}: ${message}. ${advice(finding, restarts)}`,
      };
    }
  }
}

export function evictedEvent({ owner: subject, pod }: Finding): EventText & { readonly reason: OwnerEventReason } {
  return {
    subject,
    type: "Normal",
    reason: "SlippedThroughEvicted",
    action: "Evicted",
    message: `pod ${quoted(pod.name)} ran without a sidecar and was evicted, so that its controller creates it again with one`,
  };
}

const ROLLED_OUT = new Set(["Deployment", "StatefulSet", "DaemonSet"]);

function advice({ owner, outcome }: Finding, restarts: boolean): string {
  if (outcome === "deny") return "Mend that first";
  if (restarts) return "Where its controller creates it again, it is evicted as disruption budgets allow";
  if (!ROLLED_OUT.has(owner.kind)) return "Delete it, so that it is created again";
  return `To renew it: kubectl -n ${owner.namespace} rollout restart ${owner.kind.toLowerCase()}/${owner.name}`;
}

/** Names are data: in quotes, and one line. */
function quoted(name: string): string {
  return JSON.stringify(name);
}
