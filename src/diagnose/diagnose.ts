// What the commands check and status load, in one import.
export { CHECKS } from "./all-checks.ts";
export { runChecks } from "./check.ts";
export { checkReport, checkText } from "./check-report.ts";
export { connect } from "./connect.ts";
export { explanationOf } from "./explanation.ts";
export { gatherCheck } from "./gather-check.ts";
export { gatherStatus } from "./gather-status.ts";
export { statusReport, statusText } from "./status-report.ts";
