import { KNOWN_BUGS } from "../../test/unit/known-bugs.ts";
import { VECTORS } from "../../test/unit/vectors/all.ts";
import { CALLS } from "../../test/unit/vectors/calls.ts";
import { TOPICS, type Topic, type Vector } from "../../test/unit/vectors/vector.ts";
import { KEY_HISTORIES } from "./compatibility-keys.ts";
import { AS_BEFORE, BUGS_NOTE, DIFFERENT_NOTE, INTRODUCTION, SAME_NOTE } from "./compatibility-texts.ts";
import { code, table } from "./markdown.ts";
import type { Page } from "./page.ts";

/** `docs/compatibility.md`: what is as it was with App Mesh, what is not, and why; from the tables that the tests walk. */
export const COMPATIBILITY_PAGE: Page = { path: "docs/compatibility.md", render };

type Known = Pick<Vector, "id" | "given" | "old" | "difference"> & { readonly topic: Topic };

const ALL: readonly Known[] = [
  ...VECTORS,
  ...CALLS.map(({ id, given, old, difference }) => ({
    topic: "Calls of the webhook" as const,
    id,
    given,
    old,
    ...(difference && { difference }),
  })),
];

function render(): string {
  const keys = KEY_HISTORIES.map(({ name, injector, controller, here }) => [code(name), injector, controller, here]);
  const bugs = KNOWN_BUGS.map(({ id, problem, ours }) => [id, problem, ours]);
  const parts = [
    INTRODUCTION,
    "## Key by key",
    "All below `appmesh.k8s.aws/`, on the pod. What comes of values of another form stands in [annotations](annotations.md).",
    table(["annotation", "injector of 2019", "controller", "here"], keys),
    AS_BEFORE,
    "## What differs, and why",
    DIFFERENT_NOTE,
    ...TOPICS.flatMap((topic) => differencesOf(topic)),
    "## What is the same",
    SAME_NOTE,
    ...TOPICS.flatMap((topic) => agreementsOf(topic)),
    "## Bugs of the old programs",
    BUGS_NOTE,
    table(["bug", "before", "here"], bugs),
  ];
  return `${parts.join("\n\n")}\n`;
}

function differencesOf(topic: Topic): string[] {
  const rows = ALL.flatMap((known) =>
    known.topic === topic && known.difference
      ? [[known.given, known.old, known.difference.ours, known.difference.decidedBy, known.id]]
      : [],
  );
  return rows.length === 0 ? [] : [`### ${topic}`, table(["given", "before", "here", "decided by", "vector"], rows)];
}

function agreementsOf(topic: Topic): string[] {
  const rows = ALL.filter((known) => known.topic === topic && known.difference === undefined);
  return rows.length === 0
    ? []
    : [
        `### ${topic}: the same`,
        table(
          ["given", "result", "vector"],
          rows.map(({ given, old, id }) => [given, old, id]),
        ),
      ];
}
