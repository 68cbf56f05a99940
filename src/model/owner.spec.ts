import { describe, expect, test } from "vitest";
import { aPod, labelled, ownedBy, withMetadata } from "../../test/pods.ts";
import type { OwnerLink } from "./facts.ts";
import { controllerOf, metadataAsSent, needsLookup, ownerFacts, workloadName } from "./owner.ts";

const link = (kind: string, name: string, apiVersion: string): OwnerLink => ({ apiVersion, kind, name, uid: "u" });
const REPLICA_SET = link("ReplicaSet", "web-5d4f8", "apps/v1");

describe("controllerOf", () => {
  test("takes the one reference that controls", () => {
    const references = [
      { apiVersion: "v1", kind: "ConfigMap", name: "other", uid: "1" },
      { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-5d4f8", uid: "2", controller: true },
    ];
    expect(controllerOf(aPod(withMetadata({ ownerReferences: references })))).toEqual({
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      name: "web-5d4f8",
      uid: "2",
    });
  });

  test.each([
    ["no references", {}],
    ["references that do not control", { ownerReferences: [{ kind: "Node", name: "n", controller: false }] }],
    ["a reference that says so in text", { ownerReferences: [{ kind: "Node", name: "n", controller: "true" }] }],
    ["null", { ownerReferences: null }],
    ["no list", { ownerReferences: { controller: true } }],
    ["a list of something else", { ownerReferences: ["web", null, 1] }],
  ])("finds none in %s", (_name, metadata) => {
    expect(controllerOf(aPod(withMetadata(metadata)))).toBeUndefined();
  });
});

describe("needsLookup", () => {
  test.each([
    ["ReplicaSet", "apps/v1", true],
    ["ReplicaSet", "extensions/v1beta1", true],
    ["ReplicaSet", "apps.openshift.io/v1", false],
    ["ReplicaSet", "example.com/v1", false],
    ["Job", "batch/v1", true],
    ["Job", "example.com/v1", false],
    ["StatefulSet", "apps/v1", false],
    ["DaemonSet", "apps/v1", false],
    ["ReplicationController", "v1", false],
  ])("%s of %s: %s", (kind, apiVersion, needed) => {
    expect(needsLookup(link(kind, "x", apiVersion))).toBe(needed);
  });
});

describe("ownerFacts", () => {
  const deployment = link("Deployment", "web", "apps/v1");
  const rollout = link("Rollout", "web", "argoproj.io/v1alpha1");
  const cronJob = link("CronJob", "nightly", "batch/v1");
  const job = link("Job", "nightly-28391234", "batch/v1");

  test.each([
    ["ReplicaSet → Deployment", REPLICA_SET, deployment, deployment],
    ["ReplicaSet → Rollout", REPLICA_SET, rollout, rollout],
    ["Job → CronJob", job, cronJob, cronJob],
    ["a ReplicaSet of its own", REPLICA_SET, undefined, REPLICA_SET],
    ["a Job of its own", job, undefined, job],
  ])("%s", (_name, direct, controller, end) => {
    expect(ownerFacts(direct, { kind: "found", controller })).toEqual({ kind: "known", owner: end });
  });

  test("a StatefulSet is the end, whatever owns it", () => {
    const set = link("StatefulSet", "db", "apps/v1");
    const operator = link("Database", "prod", "example.com/v1");
    expect(ownerFacts(set, { kind: "found", controller: operator })).toEqual({ kind: "known", owner: set });
  });

  test("a failed look-up is told with its reason", () => {
    expect(ownerFacts(REPLICA_SET, { kind: "failed", reason: "forbidden" })).toEqual({
      kind: "lookup-failed",
      direct: REPLICA_SET,
      reason: "forbidden",
    });
  });

  test("a failed look-up of an owner that needs none does not matter", () => {
    const set = link("DaemonSet", "agent", "apps/v1");
    expect(ownerFacts(set, { kind: "failed", reason: "forbidden" })).toEqual({ kind: "known", owner: set });
  });

  test("no controller", () => {
    expect(ownerFacts(undefined, undefined)).toEqual({ kind: "none" });
  });
});

describe("workloadName", () => {
  const failed = { kind: "lookup-failed", direct: REPLICA_SET, reason: "forbidden" } as const;

  test("is the owner's name", () => {
    expect(workloadName(aPod(), ownedBy("Deployment", "web"))).toEqual({
      name: "web",
      origin: "Deployment web",
      warning: undefined,
    });
  });

  test("is the Job's own when its CronJob could not be looked for, and says so", () => {
    const job = link("Job", "nightly-28391234", "batch/v1");
    const name = workloadName(aPod(), { kind: "lookup-failed", direct: job, reason: "forbidden" });
    expect(name?.name).toBe("nightly-28391234");
    expect(name?.warning).toContain("its own name is used");
  });

  test("loses the template hash when the look-up failed, and says so", () => {
    const name = workloadName(aPod(labelled({ "pod-template-hash": "5d4f8" })), failed);
    expect(name?.name).toBe("web");
    expect(name?.warning).toBe("ReplicaSet web-5d4f8 could not be read (forbidden): its name without the hash is used");
  });

  test.each([
    ["no hash", {}],
    ["another hash", { "pod-template-hash": "zzzzz" }],
    ["a hash without its dash", { "pod-template-hash": "eb-5d4f8" }],
    ["an empty hash", { "pod-template-hash": "" }],
  ])("keeps the ReplicaSet's name with %s", (_name, labels) => {
    expect(workloadName(aPod(labelled(labels)), failed)?.name).toBe("web-5d4f8");
  });

  test.each([
    [{ name: "nginx" }, "nginx"],
    [{ name: "nginx", generateName: "other-" }, "nginx"],
    [{ name: undefined, generateName: "web-" }, "web"],
    [{ name: "", generateName: "web--" }, "web"],
  ])("of a bare pod %j is %s", (metadata, name) => {
    const pod = { metadata: JSON.parse(JSON.stringify(metadata)), spec: {} };
    expect(workloadName(pod, { kind: "none" })).toEqual({
      name,
      origin: "the bare pod's own name",
      warning: undefined,
    });
  });

  test.each([{}, { metadata: {} }, { metadata: { name: "", generateName: "-" } }, { metadata: { name: 7 } }])(
    "of %j there is none",
    (pod) => {
      expect(workloadName(pod, { kind: "none" })).toBeUndefined();
    },
  );
});

describe("metadata as it was sent", () => {
  const long = "a".repeat(70);

  test.each([
    { name: "web-x2x4z", generateName: "web-" },
    { name: `${long.slice(0, 58)}x2x4z`, generateName: long },
  ])("has no generated name: %j", ({ name, generateName }) => {
    expect(metadataAsSent({ name, generateName, uid: "1" })).toEqual({ generateName, uid: "1" });
  });

  test.each([
    { name: "web" },
    { name: "web", generateName: "" },
    { name: "nginx", generateName: "other-" },
    { name: "web-", generateName: "web-" },
    { generateName: "web-" },
    {},
  ])("keeps a name that was given: %j", (metadata) => {
    expect(metadataAsSent(JSON.parse(JSON.stringify(metadata)))).toEqual(metadata);
  });
});
