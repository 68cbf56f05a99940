import { expect, test } from "vitest";
import { objectsOfDocument, workloadsOf } from "../manifest/workloads.ts";
import { replaceHint } from "./replace-hint.ts";

const workload = (apiVersion: string, kind: string, metadata = {}) =>
  workloadsOf(
    objectsOfDocument({ apiVersion, kind, metadata, spec: { containers: [], template: { spec: { containers: [] } } } }),
  );

test.each([
  ["apps/v1", "Deployment", /^they came from a cluster: kubectl replace -f - /],
  ["v1", "Pod", /^a running pod's .*kubectl replace --force -f -/],
  ["batch/v1", "Job", /^a Job's template .*docs\/command-line\.md/],
])("%s %s from a cluster is said to be replaced", (apiVersion, kind, hint) => {
  expect(replaceHint(workload(apiVersion, kind, { uid: "1" }))).toMatch(hint);
});

test("objects of files, and no objects at all, need no hint", () => {
  expect(replaceHint(workload("v1", "Pod"))).toBeUndefined();
  expect(replaceHint([])).toBeUndefined();
});
