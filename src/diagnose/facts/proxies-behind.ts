import { durationText } from "../../model/duration-text.ts";
import type { ProxyBehind } from "../../model/replica-report.ts";
import { quoted } from "./quoted.ts";

/** Proxies that are named one by one. */
const NAMED = 3;

/** Who is behind and since when, those for longest first: `shop/web-1 (cluster, for 3 min) and 4 more`. `all`: how many there are, named or not. */
export function behindText(named: readonly ProxyBehind[], all: number, now: Date): string {
  const longest = named.toSorted((a, b) => Date.parse(a.since) - Date.parse(b.since)).slice(0, NAMED);
  const texts = longest.map(({ pod, type, since }) => {
    // another machine's clock may be ahead
    const age = Math.max(0, now.getTime() - Date.parse(since));
    return `${quoted(pod)} (${quoted(type)}, for ${durationText(age)})`;
  });
  const more = all - longest.length;
  return `${texts.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** What helps the one that is behind for longest. */
export function behindHint(named: readonly ProxyBehind[]): string {
  const [first] = named.toSorted((a, b) => Date.parse(a.since) - Date.parse(b.since));
  const [namespace = "", name = ""] = (first?.pod ?? "").split("/").map(quoted);
  const cluster = first?.type === "cluster" ? " (a name that DNS does not answer holds up all clusters)" : "";
  return `outrigger proxy ${name} -n ${namespace} shows what its Envoy lacks${cluster}; an Envoy that does not answer at all begins again with its pod: kubectl delete pod ${name} -n ${namespace}`;
}
