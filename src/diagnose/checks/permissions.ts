import type { PermissionAnswer } from "../facts/permissions.ts";
import { type Check, type CheckProblem, count } from "./check.ts";

export const permissions: Check = {
  id: "permissions",
  title: "Your permissions",
  about: "cluster",
  run({ permissions: answers }) {
    const missing = answers.filter(({ allowed }) => allowed.kind === "read" && !allowed.value);
    const unknown = answers.filter(({ allowed }) => allowed.kind !== "read");
    const found = `${answers.length - missing.length - unknown.length} of ${count(answers.length, "permission")} asked about`;
    return {
      found,
      problems: [...together(missing).map(lacking), ...unknown.slice(0, 1).map(() => unanswered(unknown.length))],
    };
  },
};

function lacking(permission: PermissionAnswer): CheckProblem {
  return {
    status: "warning",
    saw: `you may not ${nameOf(permission)} (${permission.purpose})`,
    hint: "ask an administrator for it, or to run this",
  };
}

/** Those for one resource in one sentence. */
function together(missing: readonly PermissionAnswer[]): readonly PermissionAnswer[] {
  const key = ({ group, resource, namespace = "" }: PermissionAnswer): string => [group, resource, namespace].join(" ");
  return [...Map.groupBy(missing, key).values()].flatMap((group) =>
    group.slice(0, 1).map((first) => ({ ...first, verb: [...new Set(group.map(({ verb }) => verb))].join(", ") })),
  );
}

function unanswered(number: number): CheckProblem {
  const saw = `the API server did not say whether you have ${count(number, "permission")}`;
  return { status: "warning", saw, hint: "kubectl auth can-i --list" };
}

/** Almost as kubectl auth can-i takes it. */
function nameOf({ verb, resource, group, namespace }: PermissionAnswer): string {
  const [plural, subresource] = resource.split("/");
  const flags = [
    ...(subresource === undefined ? [] : [`--subresource=${subresource}`]),
    ...(namespace === undefined ? [] : [`-n ${namespace}`]),
  ];
  return [verb, group === "" ? plural : `${plural}.${group}`, ...flags].join(" ");
}
