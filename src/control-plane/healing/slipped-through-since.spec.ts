import { expect, test } from "vitest";
import type { JsonObject } from "../../model/json.ts";
import { INJECT_KEY } from "../../model/names.ts";
import { createdSince, labelledSince } from "./slipped-through-since.ts";

const CREATED = "2026-11-22T08:00:00Z";

function namespace(...managedFields: JsonObject[]): JsonObject {
  return { metadata: { name: "shop", creationTimestamp: CREATED, managedFields } };
}

function entry(manager: string, time: string | number, label = INJECT_KEY): JsonObject {
  return { manager, time, fieldsV1: { "f:metadata": { "f:labels": { [`f:${label}`]: {} } } } };
}

test("a label is as old as its owner's last change", () => {
  const labelled = namespace(entry("kubectl-create", CREATED, "other"), entry("kubectl-label", "2026-11-22T10:00:00Z"));
  expect(labelledSince(labelled)).toBe(Date.UTC(2026, 10, 22, 10));
});

test("of several owners the first set it", () => {
  const labelled = namespace(entry("argo", "2026-11-22T12:00:00Z"), entry("kubectl", "2026-11-22T10:00:00Z"));
  expect(labelledSince(labelled)).toBe(Date.UTC(2026, 10, 22, 10));
});

test("a label that nobody owns is as old as the namespace", () => {
  for (const odd of [
    namespace(),
    namespace(entry("a", CREATED, "other")),
    namespace(entry("a", "yesterday")),
    namespace(entry("a", 5)),
  ]) {
    expect(labelledSince(odd)).toBe(Date.UTC(2026, 10, 22, 8));
  }
});

test("an object without a time is as old as time", () => {
  expect(createdSince({})).toBe(0);
  expect(labelledSince({ metadata: { managedFields: "odd" } })).toBe(0);
});
