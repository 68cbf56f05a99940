// What the commands check, status, problems, describe, diff and proxy load, in one import.
export { CHECKS } from "./checks/all-checks.ts";
export { runChecks } from "./checks/check.ts";
export { gatherCheck } from "./gather/check.ts";
export { connect } from "./gather/connect.ts";
export { gatherCorefile } from "./gather/corefile.ts";
export { gatherDescribed } from "./gather/described.ts";
export { gatherDiff } from "./gather/diffed.ts";
export { gatherMesh } from "./gather/mesh.ts";
export { gatherProxied } from "./gather/proxied.ts";
export { gatherServing } from "./gather/serving.ts";
export { gatherStatus } from "./gather/status.ts";
export { checkReport, checkText } from "./report/check.ts";
export { explanationOf } from "./report/explanation.ts";
export { statusReport, statusText } from "./report/status.ts";
