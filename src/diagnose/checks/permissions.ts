import { type Check, count, type Problem } from "../check.ts";
import type { PermissionAnswer } from "../permissions.ts";

export const permissions: Check = {
  id: "permissions",
  title: "Your permissions",
  about: "cluster",
  run({ permissions: answers }) {
    const missing = answers.filter(({ allowed }) => allowed.kind === "read" && !allowed.value);
    const unknown = answers.filter(({ allowed }) => allowed.kind !== "read");
    const found = `${answers.length - missing.length - unknown.length} of ${count(answers.length, "permission")} asked about`;
    return { found, problems: [...missing.map(lacking), ...unknown.slice(0, 1).map(() => unanswered(unknown.length))] };
  },
};

function lacking(permission: PermissionAnswer): Problem {
  return {
    status: "warning",
    saw: `you may not ${nameOf(permission)} (${permission.purpose})`,
    hint: `ask for it, or run this as an administrator: kubectl auth can-i ${nameOf(permission)}`,
  };
}

function unanswered(number: number): Problem {
  const saw = `the API server did not say whether you have ${count(number, "permission")}`;
  return { status: "warning", saw, hint: "kubectl auth can-i --list" };
}

/** As kubectl auth can-i takes it. */
function nameOf({ verb, resource, group, namespace }: PermissionAnswer): string {
  const [plural, subresource] = resource.split("/");
  const flags = [
    ...(subresource === undefined ? [] : [`--subresource=${subresource}`]),
    ...(namespace === undefined ? [] : [`-n ${namespace}`]),
  ];
  return [verb, group === "" ? plural : `${plural}.${group}`, ...flags].join(" ");
}
