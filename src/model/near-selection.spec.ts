import { expect, test } from "vitest";
import { nearSelection } from "./near-selection.ts";
import type { LabelExpression } from "./selector.ts";

const IN_STABLE: LabelExpression = { key: "version", operator: "In", values: ["stable", "canary"] };

test.each<[string, Record<string, string>, LabelExpression[], Record<string, string>, string | undefined]>([
  [
    "one value of two in another case",
    { app: "pay", version: "stable" },
    [],
    { app: "pay", version: "Stable" },
    "version=stable, and the labels have version=Stable",
  ],
  [
    "one of two with another value",
    { app: "pay", version: "v1" },
    [],
    { app: "pay", version: "canary" },
    "version=v1, and the labels have version=canary",
  ],
  [
    "one of two that is not there",
    { app: "pay", version: "v1" },
    [],
    { app: "pay" },
    "version=v1, which the labels lack",
  ],
  [
    "one of two under a key that is nearly it",
    { app: "pay", version: "v1" },
    [],
    { app: "pay", versoin: "v1" },
    "version=v1, and the labels have versoin=v1",
  ],
  [
    "a key that lacks a letter",
    { app: "pay", version: "v1" },
    [],
    { app: "pay", versio: "v1" },
    "version=v1, and the labels have versio=v1",
  ],
  [
    "an expression beside a label",
    { app: "pay" },
    [IN_STABLE],
    { app: "pay", version: "old" },
    "version in (stable,canary), and the labels have version=old",
  ],
  [
    "an expression of a label that is not there",
    { app: "pay" },
    [IN_STABLE],
    { app: "pay" },
    "version in (stable,canary), which the labels lack",
  ],
  [
    "a label that must not be there",
    { app: "pay" },
    [{ key: "debug", operator: "DoesNotExist", values: [] }],
    { app: "pay", debug: "on" },
    "!debug, and the labels have debug=on",
  ],
  [
    "a label alone with a slip",
    { app: "payments" },
    [],
    { app: "payment" },
    "app=payments, and the labels have app=payment",
  ],
  ["a label alone of somebody else", { app: "payments" }, [], { app: "front" }, undefined],
  ["a label alone of another number", { app: "web-1" }, [], { app: "web-2" }, undefined],
  ["another app of the same team", { app: "pay", team: "a" }, [], { app: "front", team: "a" }, undefined],
  ["a team alone", { team: "a", tier: "x" }, [], { team: "a", tier: "background" }, undefined],
  ["nothing in common", { app: "pay", version: "v1" }, [], { app: "front", version: "v2" }, undefined],
  ["labels that it selects", { app: "pay" }, [], { app: "pay" }, undefined],
  ["everything", {}, [], {}, undefined],
])("%s", (_, matchLabels, matchExpressions, labels, near) => {
  expect(nearSelection({ matchLabels, matchExpressions }, labels)).toBe(near);
});
