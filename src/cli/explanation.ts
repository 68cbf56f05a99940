import type { InjectionResult, Outcome, Reason, RuleStep } from "../inject/decision.ts";

/** What would be decided about one pod now, and why. */
export interface PodExplanation {
  /** Where the pod stands: `web.yaml:12` or `cluster`. */
  readonly where: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly outcome: Outcome;
  readonly reason: Reason;
  readonly message: string;
  readonly trace: readonly RuleStep[];
  readonly warnings: readonly string[];
  /** Sentences about what happened to a running pod. */
  readonly evidence: readonly string[];
}

/** The part of a result that explains it. */
export function decisionOf({ outcome, reason, message, trace, warnings }: InjectionResult) {
  return { outcome, reason, message, trace, warnings };
}

type Paint = (color: "green" | "red" | "yellow" | "dim" | "bold", text: string) => string;

/** One explanation as text: a headline, one line a rule, what is decided, warnings, evidence. */
export function explanationText(explanation: PodExplanation, paint: Paint): string {
  const { where, kind, name, namespace, trace, warnings, evidence } = explanation;
  const width = Math.max(...trace.map((step) => step.rule.length), 0);
  return [
    paint("bold", `${kind} ${name || "without a name"}, namespace ${namespace} (${where})`),
    ...trace.map((step) => `  ${step.rule.padEnd(width)}  ${stepWord(step, paint)}  ${step.saw}`),
    lastLine(explanation, paint),
    ...warnings.map((warning) => `  ${paint("yellow", "warning")}: ${warning}`),
    ...evidence.map((sentence) => `  ${paint("dim", "evidence")}: ${sentence}`),
    "",
  ].join("\n");
}

/** The last rule has said the message already; what other ways there are to end says it here. */
function lastLine({ outcome, reason, message, trace }: PodExplanation, paint: Paint): string {
  const decided = `  => ${paint(OUTCOME_COLORS[outcome], `${outcome} (${reason})`)}`;
  return trace.at(-1)?.saw === message ? decided : `${decided}: ${message}`;
}

const OUTCOME_COLORS = { inject: "green", skip: "yellow", deny: "red" } as const;

function stepWord({ verdict: word }: RuleStep, paint: Paint): string {
  const padded = word.padEnd("inject".length);
  switch (word) {
    case "pass":
      return paint("dim", padded);
    case "set":
      return padded;
    case "warn":
      return paint("yellow", padded);
    default:
      return paint(OUTCOME_COLORS[word], padded);
  }
}
