import type { Decision, Outcome, Reason, RuleStep, SidecarSettings } from "./decision.ts";

/** How a chain of rules ended. */
export interface Ending {
  readonly outcome: Outcome;
  readonly reason: Reason;
  readonly message: string;
}

/** The chain of rules ends here. */
export interface Ended {
  readonly ending: Ending;
}

/** What a rule came to: something found, for the rules after it, or the end of the chain. */
export type Step<T> = { readonly found: T } | Ended;

/** API servers cut longer warnings; ours are cut by us, at a character. */
const WARNING_LENGTH = 256;

/** Collects, in order, what the rules saw. */
export class Trace {
  readonly #steps: RuleStep[] = [];
  readonly #warnings: string[] = [];

  /** The rule did not apply: the next one is asked. */
  pass(rule: string, saw: string): undefined {
    this.#steps.push({ rule, saw, verdict: "pass" });
    return undefined;
  }

  /** The rule settled a value. */
  set(rule: string, saw: string): undefined {
    this.#steps.push({ rule, saw, verdict: "set" });
    return undefined;
  }

  /** As `set`, and the user should know. */
  warn(rule: string, warning: string): undefined {
    this.#steps.push({ rule, saw: warning, verdict: "warn" });
    const plain = warning.replace(/\p{Cc}+/gu, " ");
    const text = plain.length > WARNING_LENGTH ? `${plain.slice(0, WARNING_LENGTH - 1).toWellFormed()}…` : plain;
    if (!this.#warnings.includes(text)) this.#warnings.push(text);
    return undefined;
  }

  /** The chain ends with this outcome; `message` as a decision has it. */
  end(rule: string, outcome: Outcome, reason: Reason, message: string): Ended {
    this.#steps.push({ rule, saw: message, verdict: outcome });
    return { ending: { outcome, reason, message } };
  }

  skip(rule: string, reason: Reason, message: string): Ended {
    return this.end(rule, "skip", reason, message);
  }

  deny(rule: string, reason: Reason, message: string): Ended {
    return this.end(rule, "deny", reason, message);
  }

  decision({ ending }: Ended, settings: SidecarSettings | undefined): Decision {
    return { ...ending, trace: [...this.#steps], warnings: [...this.#warnings], settings };
  }
}
