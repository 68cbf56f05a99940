import { type Check, count } from "./check.ts";

/** Only asked before an installation: a running one owns these objects. */
export const foreignObjects: Check = {
  id: "foreign-objects",
  title: "Objects in the way",
  about: "before-install",
  run({ foreign }) {
    const problems = foreign.map(({ reason, remedy }) => ({ status: "failed" as const, saw: reason, hint: remedy }));
    return { found: problems.length === 0 ? "none" : count(problems.length, "object"), problems };
  },
};
