import { keptMembers } from "../../answers/kept-members.ts";
import { meshProblems } from "../../answers/mesh-problems.ts";
import { SEVERITIES, type Severity } from "../../answers/severity.ts";
import type { Problem } from "../../graph/problem.ts";
import { quoted } from "../facts/quoted.ts";
import { type Check, type CheckProblem, count, some } from "./check.ts";

/** Errors that are named one by one. */
const NAMED = 3;

/** What `outrigger problems` finds. Errors are a warning here: injection works, and a part of the mesh does not do what is written. */
export const problemsOfMesh: Check = {
  id: "mesh-problems",
  title: "Problems of the mesh",
  about: "installation",
  run({ mesh }) {
    if (mesh.kind === "failed") return { notApplicable: mesh.why };
    if (mesh.kind !== "read") return { notApplicable: "there are no App Mesh objects" };
    const { contents, only, unread = [] } = mesh.value;
    const { problems, objects } = meshProblems(contents);
    const asked = problems.filter(({ object }) => only === undefined || object.namespace === only);
    const of = (severity: Severity) => asked.filter(({ code }) => SEVERITIES[code] === severity);
    const [errors, warnings] = [of("error"), of("warning")];
    const looked = objects.filter(({ object }) => only === undefined || object?.namespace === only).length;
    const sums = [
      ...(errors.length > 0 ? [count(errors.length, "error")] : []),
      ...(warnings.length > 0 ? [count(warnings.length, "warning")] : []),
    ];
    return {
      found: [
        `${count(looked, "App Mesh object")}: ${sums.join(", ") || "no problems"}`,
        ...unread,
        ...keptMembers(contents, objects, only),
      ].join("; "),
      problems: errors.length === 0 ? [] : [errorsProblem(errors, only)],
    };
  },
};

function errorsProblem(errors: readonly Problem[], only: string | undefined): CheckProblem {
  const named = errors.map(({ code, object: { kind, namespace, name } }) =>
    quoted(`${kind} ${namespace === "" ? name : `${namespace}/${name}`} ${code}`),
  );
  return {
    status: "warning",
    saw: `${count(errors.length, "error")}, so that something does not do what is written: ${some(named, NAMED)}`,
    hint: `outrigger problems${only === undefined ? "" : ` -n ${only}`} says what each means, and what helps`,
  };
}
