import { durationText } from "../../model/duration-text.ts";
import type { ClusterFacts } from "../facts/cluster-facts.ts";
import { total } from "../facts/metrics-text.ts";
import { valueIn } from "../facts/reading.ts";
import { type Check, count } from "./check.ts";

const LAST = "outrigger_last_admission_timestamp_seconds";
const REVIEWS = "outrigger_admission_reviews_total";

/** When the injector was last asked: a quiet cluster is no fault, so this never fails. */
export const admissions: Check = {
  id: "admissions",
  title: "Last admission",
  about: "installation",
  run(facts) {
    const last = lastAdmission(facts);
    const calls = callsOf(facts);
    if (last === undefined && calls === undefined) {
      return { notApplicable: "no injected pod was seen, and the injector's metrics could not be read" };
    }
    const when = last === undefined ? "none is known of" : `${durationText(facts.now.getTime() - last)} ago`;
    const since = calls === undefined ? "" : `; ${count(calls, "call")} since the injector's pods started`;
    return { found: `${when}${since}`, problems: [] };
  },
};

/** By the metrics, else by the youngest pod that has a sidecar; in milliseconds since 1970. */
function lastAdmission({ injectorPods, pods }: ClusterFacts): number | undefined {
  const told = injectorPods.flatMap(({ metrics }) => {
    const seconds = total(valueIn(metrics) ?? "", LAST);
    return seconds === undefined || seconds === 0 ? [] : [seconds * 1000];
  });
  const seen = (valueIn(pods) ?? [])
    .filter(({ state }) => state.sidecar.kind === "ours")
    .map(({ state }) => Date.parse(state.created));
  const times = [...told, ...seen].filter((time) => !Number.isNaN(time));
  return times.length === 0 ? undefined : times.reduce((latest, time) => Math.max(latest, time));
}

function callsOf({ injectorPods }: ClusterFacts): number | undefined {
  const counts = injectorPods.flatMap(({ metrics }) =>
    metrics.kind === "read" ? [total(metrics.value, REVIEWS) ?? 0] : [],
  );
  return counts.length === 0 ? undefined : counts.reduce((sum, calls) => sum + calls, 0);
}
