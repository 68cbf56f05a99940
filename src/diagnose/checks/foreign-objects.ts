import { type Check, count } from "./check.ts";

/** Only asked before an installation: a running one owns these objects. */
export const foreignObjects: Check = {
  id: "foreign-objects",
  title: "Objects in the way",
  about: "before-install",
  run({ foreign, foreignUnread }) {
    const problems = foreign.map(({ reason, remedy }) => ({ status: "failed" as const, saw: reason, hint: remedy }));
    const found = problems.length === 0 ? "none" : count(problems.length, "object");
    if (foreignUnread === 0) return { found, problems };
    const unread = `${count(foreignUnread, "object")} of an installation could not be read`;
    return problems.length === 0
      ? { notApplicable: `none was seen; ${unread}` }
      : { found: `${found}; ${unread}`, problems };
  },
};
