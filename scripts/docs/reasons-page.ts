import type { Reason } from "../../src/inject/decision.ts";
import { REASONS } from "../../src/inject/decision.ts";
import { code, table } from "./markdown.ts";
import type { Page } from "./page.ts";
import { REASON_TEXTS } from "./reason-texts.ts";

/** `docs/reasons.md`: every reason that a decision can have, what it means and what to do. */
export const REASONS_PAGE: Page = { path: "docs/reasons.md", render };

const GROUPS = [
  ["inject", "The pod gets its sidecar", "what to do"],
  ["skip", "The pod is left alone", "to get a sidecar"],
  ["deny", "The pod is refused", "what to do"],
] as const;

function render(): string {
  const sections = GROUPS.flatMap(([outcome, heading, advice]) => {
    const reasons = REASONS.filter((reason) => REASON_TEXTS[reason].outcome === outcome);
    return [`## ${heading}: \`${outcome}\``, table(["reason", "means", advice], reasons.map(row))];
  });
  return `${[INTRODUCTION, ...sections].join("\n\n")}\n`;
}

function row(reason: Reason): string[] {
  const { means, advice } = REASON_TEXTS[reason];
  return [code(reason), means, advice];
}

const INTRODUCTION = `# Reasons

This page is written out of the source by \`node scripts/write-docs.ts\`; a test fails when it is stale.

Every decision has one reason out of this list. It stands at the end of a denial's message, in the audit annotations and the log of
the webhook, as a label of its metrics, and in the output of \`outrigger explain\`, which also shows every rule that was asked
and what it saw. The message itself names the container, the annotation or the object that decided.`;
