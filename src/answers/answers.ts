// What the command problems loads, in one import.
export { meshProblems } from "./mesh-problems.ts";
export { plain, plainList } from "./plain-text.ts";
export { isWrong, problemsReport } from "./problems-report.ts";
export { problemsText } from "./problems-text.ts";
