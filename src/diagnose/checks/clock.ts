import { durationText } from "../../model/duration-text.ts";
import type { Check } from "./check.ts";

/** Certificates hold from five minutes before they were made; beyond half of that, times in reports begin to mislead. */
const TOLERATED = 150_000;

export const clock: Check = {
  id: "clock",
  title: "Clocks",
  about: "cluster",
  run({ testAdmissions }) {
    const seen = testAdmissions.flatMap(({ clockAhead }) => (clockAhead === undefined ? [] : [clockAhead]));
    const [first] = seen;
    if (first === undefined) return { notApplicable: "no test pod was accepted whose time of creation could tell" };
    const nearest = seen.reduce((best, skew) => (Math.abs(skew) < Math.abs(best) ? skew : best), first);
    const found =
      nearest === 0 ? "this machine's clock agrees with the API server's" : `they differ by ${durationText(nearest)}`;
    if (Math.abs(nearest) <= TOLERATED) return { found, problems: [] };
    const saw = `the API server's clock is ${durationText(nearest)} ${nearest > 0 ? "ahead of" : "behind"} this machine's`;
    const hint = "synchronise both clocks: ages and expiry below are reckoned with this machine's";
    return { found, problems: [{ status: "warning", saw, hint }] };
  },
};
