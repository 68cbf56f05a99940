import { expect, test } from "vitest";
import { objectsOfDocument, workloadsOf } from "../manifest/workloads.ts";
import { isLive, replaceHint } from "./replace-hint.ts";

const hintFor = (apiVersion: string, kind: string, metadata = {}) => {
  const spec = { containers: [], template: { spec: { containers: [] } } };
  const workloads = workloadsOf(objectsOfDocument({ apiVersion, kind, metadata, spec }));
  expect(workloads).toHaveLength(1);
  return replaceHint(workloads.filter(isLive).map((workload) => workload.kind));
};

test.each([
  ["apps/v1", "Deployment", /^they came from a cluster: kubectl replace -f - /],
  ["v1", "Pod", /^a running pod's .*kubectl replace --force -f -/],
  ["batch/v1", "Job", /^a Job's template .*docs\/command-line\.md/],
])("%s %s from a cluster is said to be replaced", (apiVersion, kind, hint) => {
  expect(hintFor(apiVersion, kind, { uid: "1" })).toMatch(hint);
});

test("objects of files, and no objects at all, need no hint", () => {
  expect(hintFor("v1", "Pod")).toBeUndefined();
  expect(replaceHint([])).toBeUndefined();
});
