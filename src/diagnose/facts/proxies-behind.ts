import { durationText } from "../../model/duration-text.ts";
import { firstOf } from "../../model/first-of.ts";
import type { ProxyBehind } from "../../model/replica-report.ts";
import { quoted } from "./quoted.ts";

/** Proxies that are named one by one. */
const NAMED = 3;

/** Who is behind and since when, those for longest first: `shop/web-1 (cluster, for 3 min) and 4 more`. `all`: how many there are, named or not. */
export function behindText(named: readonly ProxyBehind[], all: number, now: Date): string {
  const texts = longestFirst(named).map(({ pod, type, since }) => {
    // another machine's clock may be ahead
    const age = Math.max(0, now.getTime() - Date.parse(since));
    return `${quoted(pod)} (${quoted(type)}, for ${durationText(age)})`;
  });
  return firstOf(texts, NAMED, all);
}

/** What helps the one that is behind for longest. */
export function behindHint(named: readonly ProxyBehind[]): string {
  const [first] = longestFirst(named);
  const [namespace = "", name = ""] = (first?.pod ?? "").split("/").map(quoted);
  const cluster = first?.type === "cluster" ? " (a name that DNS does not answer holds up all clusters)" : "";
  return `outrigger proxy ${name} -n ${namespace} shows what its Envoy lacks${cluster}; an Envoy that does not answer at all begins again with its pod: kubectl delete pod ${name} -n ${namespace}`;
}

function longestFirst(named: readonly ProxyBehind[]): readonly ProxyBehind[] {
  return named.toSorted((one, other) => Date.parse(one.since) - Date.parse(other.since));
}
