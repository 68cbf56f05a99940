import { expect, test } from "vitest";
import { podSummary } from "../../cluster/pods-resource.ts";
import type { JsonObject } from "../../model/json.ts";
import { RECORD_KEY } from "../../model/names.ts";
import { unsettledPod } from "./unsettled-pod.ts";

const SIDECAR = { annotations: { [RECORD_KEY]: "{}" } };
const READY = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };
const GOING = { deletionTimestamp: "2026-11-22T12:00:00Z" };

function ownedBy(kind: string): JsonObject {
  return { ownerReferences: [{ apiVersion: "apps/v1", kind, name: "web", uid: "1", controller: true }] };
}

test.each<[string, JsonObject, JsonObject]>([
  ["with its sidecar, not scheduled yet", SIDECAR, { phase: "Pending" }],
  ["with its sidecar, running but not Ready", SIDECAR, { phase: "Running" }],
  ["of a StatefulSet, on its way out", { ...ownedBy("StatefulSet"), ...GOING }, READY],
])("the others wait for a pod %s", (_what, metadata, status) => {
  const pods = [podSummary({ metadata: SIDECAR, status: READY }), podSummary({ metadata, status })];
  expect(unsettledPod(pods)).toBe(pods[1]);
});

test.each<[string, JsonObject, JsonObject]>([
  ["with its sidecar, Ready", SIDECAR, READY],
  ["with its sidecar, at its end", SIDECAR, { phase: "Succeeded" }],
  ["without a sidecar", {}, { phase: "Pending" }],
  [
    "of a ReplicaSet, on its way out: the next one is there already",
    { ...SIDECAR, ...ownedBy("ReplicaSet"), ...GOING },
    {},
  ],
])("nobody waits for a pod %s", (_what, metadata, status) => {
  expect(unsettledPod([podSummary({ metadata, status })])).toBeUndefined();
});
