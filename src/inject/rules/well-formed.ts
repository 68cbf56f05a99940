import { isObject, member } from "../../model/json.ts";
import type { Ended, Trace } from "../trace.ts";
import { misreadInPod } from "./scalars.ts";
import type { Seen } from "./seen.ts";

/** A pod that the API server would refuse anyway is not guessed at. */
export function wellFormed({ input: { pod } }: Pick<Seen, "input">, trace: Trace): Ended | undefined {
  const rule = "well-formed";
  const spec = member(pod, "spec");
  const metadata = member(pod, "metadata");
  const annotations = member(metadata, "annotations");
  const say = (problem: string) => trace.deny(rule, "bad-pod", `${problem}; the API server would refuse this pod`);
  if (!isObject(spec)) return say("the pod has no spec");
  if (!Array.isArray(member(spec, "containers"))) return say("spec.containers is not a list");
  if (metadata !== undefined && metadata !== null && !isObject(metadata)) return say("metadata is not an object");
  if (annotations !== undefined && annotations !== null && !isObject(annotations))
    return say("metadata.annotations is not an object");
  for (const list of ["initContainers", "volumes", "imagePullSecrets", "readinessGates"]) {
    const value = member(spec, list);
    if (value !== undefined && value !== null && !Array.isArray(value)) return say(`spec.${list} is not a list`);
  }
  const misread = misreadInPod(pod);
  if (misread !== undefined) return say(misread);
  return trace.pass(rule, "the pod has a spec with containers");
}
