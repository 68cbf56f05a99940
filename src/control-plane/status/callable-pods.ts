import type { PodSummary } from "../../cluster/pods-resource.ts";
import type { Holding } from "../../xds/serve/streams.ts";
import { WRITE_LIMITS } from "./limits.ts";

interface CallablePodsParts {
  /** Who knows the endpoints that a pod is among. */
  readonly application: { endpointsWith(namespace: string, pod: string): readonly string[] };
  readonly proxies: { holding(endpoints: string): Holding };
  /** Milliseconds. */
  readonly now: () => number;
}

/** Whether the proxies at this replica that call a pod have acknowledged its endpoint. */
export type CallablePods = (pod: PodSummary) => boolean;

/** A replica without proxies that call the pod knows nothing of those at others: false, and the others, or time, decide. */
export function callablePods({ application, proxies, now }: CallablePodsParts): CallablePods {
  let until = Number.NEGATIVE_INFINITY;
  let answers = new Map<string, Holding>();
  const holding = (name: string): Holding => {
    const answer = answers.get(name) ?? proxies.holding(name);
    answers.set(name, answer);
    return answer;
  };
  return ({ namespace, name }) => {
    if (now() >= until) {
      answers = new Map();
      until = now() + WRITE_LIMITS.gateAnswer;
    }
    const held = application.endpointsWith(namespace, name).map(holding);
    return held.includes("all") && !held.includes("some");
  };
}
