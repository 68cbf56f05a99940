// What the commands problems, describe, dns, diff and serve load, in one import.

export { cloudMapDns, corefileOf } from "./cloud-map-dns.ts";
export { describeObject, namesOf } from "./describe.ts";
export { describeReport } from "./describe-report.ts";
export { describeText } from "./describe-text.ts";
export { keptMembers } from "./kept-members.ts";
export { lossesReport, lossesSummary } from "./losses-report.ts";
export { lossesText } from "./losses-text.ts";
export { meshGraph } from "./mesh-contents.ts";
export { meshProblems } from "./mesh-problems.ts";
export { writesFor } from "./mode-change.ts";
export { exceptionsOf, modeStates } from "./mode-state.ts";
export { plain, plainList } from "./plain-text.ts";
export { isWrong, problemsReport } from "./problems-report.ts";
export { problemsText } from "./problems-text.ts";
export { modeChangeEffect, servedNow } from "./serving-losses.ts";
export { stateText, switchReport, switchText, targetText } from "./switch-report.ts";
export { unansweredNames } from "./unanswered-names.ts";
