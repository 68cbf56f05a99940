import { type JsonObject, member, stringOf } from "../../model/json.ts";
import { INJECT_KEY } from "../../model/names.ts";
import { withoutBlanks } from "../../model/trim.ts";
import type { Reason } from "../decision.ts";
import { WINDOWS } from "./windows.ts";

/** A rule that can be seen in the pod alone: written once, as a TypeScript check and as a CEL match condition. */
export interface PodRule {
  /** Name of the rule, of its match condition and of its reason. */
  readonly name: Reason;
  /** What the pod says when the rule holds. */
  readonly saw: string;
  /** What it says when it does not. */
  readonly otherwise: string;
  readonly advice: string;
  readonly holds: (pod: JsonObject) => boolean;
  /** CEL over `object` (the pod): true when the webhook need *not* be called. Guarded with `has`, for an error under Fail refuses the pod. */
  readonly cel: string;
}

const MIRROR_KEY = "kubernetes.io/config.mirror";

/** The four reasons of which the API server can be told; it then does not call the webhook at all. */
export const POD_RULES: readonly PodRule[] = [
  {
    name: "host-network",
    saw: "spec.hostNetwork is true",
    otherwise: "spec.hostNetwork is not true",
    advice: "redirecting traffic there would redirect the node's; such a pod cannot have a sidecar",
    holds: (pod) => member(member(pod, "spec"), "hostNetwork") === true,
    cel: "has(object.spec) && has(object.spec.hostNetwork) && object.spec.hostNetwork == true",
  },
  {
    name: "mirror-pod",
    saw: `annotation ${MIRROR_KEY} is present`,
    otherwise: `no annotation ${MIRROR_KEY}`,
    advice: "the kubelet runs this static pod from a file; the API server only mirrors it",
    holds: (pod) => annotation(pod, MIRROR_KEY) !== undefined,
    cel: `has(object.metadata) && has(object.metadata.annotations) && '${MIRROR_KEY}' in object.metadata.annotations`,
  },
  {
    name: "opted-out",
    saw: `annotation ${INJECT_KEY} is disabled`,
    otherwise: `annotation ${INJECT_KEY} is not disabled`,
    advice: "remove the annotation or set it to enabled to get a sidecar",
    holds: (pod) => withoutBlanks(annotation(pod, INJECT_KEY) ?? "").toLowerCase() === "disabled",
    cel: `has(object.metadata) && has(object.metadata.annotations) && '${INJECT_KEY}' in object.metadata.annotations && object.metadata.annotations['${INJECT_KEY}'].lowerAscii().matches(r'^\\s*disabled\\s*$')`,
  },
  {
    name: "windows",
    saw: "spec.os.name, the nodeSelector or the required nodeAffinity is for Windows",
    otherwise: "neither spec.os.name nor the nodeSelector nor the required nodeAffinity is for Windows",
    advice: "there is no Windows build of the sidecar",
    ...WINDOWS,
  },
];

function annotation(pod: JsonObject, key: string): string | undefined {
  return stringOf(member(member(member(pod, "metadata"), "annotations"), key));
}
