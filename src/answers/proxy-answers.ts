// What the command proxy loads, in one import.

export { proxyAnswer } from "./proxy-answer.ts";
export { differs } from "./proxy-report.ts";
export { proxyText } from "./proxy-text.ts";
