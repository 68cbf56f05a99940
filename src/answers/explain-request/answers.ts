// What the command `explain request` loads, in one import.

export { explainRequest } from "./explain-request.ts";
export { isAnswered } from "./explanation.ts";
export { explanationReport } from "./explanation-report.ts";
export { explanationText } from "./explanation-text.ts";
export { RequestError, readRequest } from "./read-request.ts";
