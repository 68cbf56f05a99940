import type { Decision, Outcome, Reason, RuleStep, SidecarSettings } from "./decision.ts";

/** How a chain of rules ended. */
export interface Ending {
  readonly outcome: Outcome;
  readonly reason: Reason;
  readonly message: string;
}

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

  end(rule: string, outcome: Outcome, reason: Reason, message: string): Ending {
    this.#steps.push({ rule, saw: message, verdict: outcome });
    return { outcome, reason, message };
  }

  skip(rule: string, reason: Reason, message: string): Ending {
    return this.end(rule, "skip", reason, message);
  }

  deny(rule: string, reason: Reason, message: string): Ending {
    return this.end(rule, "deny", reason, message);
  }

  decision(ending: Ending, settings: SidecarSettings | undefined): Decision {
    return { ...ending, trace: [...this.#steps], warnings: [...this.#warnings], settings };
  }
}
