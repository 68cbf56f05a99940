import { TAKEN_OVER_KEY } from "../../install/preflight/app-mesh-controller.ts";
import { member } from "../../model/json.ts";
import { nameOf } from "../../model/object-metadata.ts";
import type { ClusterFacts } from "../facts/cluster-facts.ts";
import { type OtherEntry, otherEntries } from "../facts/other-injectors.ts";
import { type Check, type CheckProblem, unread } from "./check.ts";

export const otherInjectors: Check = {
  id: "other-injectors",
  title: "Other injectors registered",
  about: "cluster",
  run(facts) {
    const { registrations } = facts;
    if (registrations.kind !== "read") return unread(registrations, "list of registrations");
    const others = otherEntries(registrations.value);
    const off = registrations.value.filter(
      ({ metadata }) => member(member(metadata, "annotations"), TAKEN_OVER_KEY) !== undefined,
    );
    const words = [
      others.length === 0 ? "none" : others.map(({ registration }) => registration).join(", "),
      ...(off.length === 0 ? [] : [`${off.map(nameOf).join(", ")} taken over, which uninstall gives back`]),
    ];
    const found = words.join("; ");
    return { found, problems: others.map((other) => problemOf(other, facts)) };
  },
};

function problemOf(other: OtherEntry, facts: ClusterFacts): CheckProblem {
  const { registration, entry, program, failurePolicy } = other;
  const target = targetOf(other, facts);
  const effect =
    target.isDead && failurePolicy === "Fail" ? "; its failure policy is Fail, so no pod can be created there" : "";
  return {
    status: "failed",
    saw: `MutatingWebhookConfiguration ${registration}, entry ${entry} (${program}), is asked about pods of labelled namespaces; ${target.words}${effect}`,
    hint: "outrigger install --take-over disables it, and can be undone",
  };
}

function targetOf({ service }: OtherEntry, { otherServices }: ClusterFacts): { isDead: boolean; words: string } {
  if (service === undefined) return { isDead: false, words: "it calls a URL" };
  const name = `Service ${service.name} in namespace ${service.namespace}`;
  const key = `${service.namespace}/${service.name}`;
  const endpoints = otherServices.get(key);
  if (endpoints === "unread")
    return { isDead: false, words: `it calls ${name}; whether that answers could not be read` };
  if (endpoints !== undefined && endpoints > 0) return { isDead: false, words: `it calls ${name}, which answers` };
  if (endpoints === 0) return { isDead: true, words: `it points at nothing: ${name} has no ready pod` };
  return { isDead: true, words: `it points at nothing: there is no ${name}` };
}
