import type { X509Certificate } from "node:crypto";
import { durationText } from "../../model/duration-text.ts";
import type { InsidePod } from "../facts/cluster-facts.ts";
import { type CheckProblem, count } from "./check.ts";

/** Roots live ten years: who has less than this left should rotate while there is time for every pod to learn the new one. */
const ROOT_WARNING = 90 * 24 * 60 * 60_000;

/** What is wrong with the validity of the roots of a bundle; an old root beside a new one is normal. */
export function expiryProblems(
  where: string,
  roots: readonly X509Certificate[],
  now: Date,
  hint: string,
): readonly CheckProblem[] {
  const last = Math.max(...roots.map(({ validToDate }) => validToDate.getTime()));
  const left = last - now.getTime();
  if (left <= 0) {
    const saw = `${where}: ${count(roots.length, "root")}, ended ${durationText(left)} ago`;
    return [{ status: "failed", saw, hint }];
  }
  const first = Math.min(...roots.map(({ validFromDate }) => validFromDate.getTime()));
  if (first > now.getTime()) {
    const saw = `${where} holds only from ${new Date(first).toISOString()} on`;
    return [{ status: "failed", saw, hint: "compare the clocks of this machine and the cluster's" }];
  }
  return left < ROOT_WARNING ? [{ status: "warning", saw: `${where} ends in ${durationText(left)}`, hint }] : [];
}

/** The certificates that pods of ours show: how many, and about the one that ends first. */
export function servedWords(pods: readonly InsidePod[], now: Date): string {
  const leaves = pods.flatMap(({ certificate }) => (certificate.kind === "read" ? [certificate.value] : []));
  const [first] = leaves.toSorted((a, b) => a.validToDate.getTime() - b.validToDate.getTime());
  if (first === undefined) return "the served certificate was not seen";
  const age = durationText(now.getTime() - first.validFromDate.getTime());
  const left = durationText(first.validToDate.getTime() - now.getTime());
  return `${count(leaves.length, "certificate")} served, the first to end is valid for ${age} already and ${left} more`;
}
