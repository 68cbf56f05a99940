import { describe, expect, test } from "vitest";
import { type PodSummary, podSummary } from "../../cluster/pods-resource.ts";
import { RESOURCES } from "../../cluster/resources.ts";
import type { KubeReader } from "../../kube/client.ts";
import { Informer } from "../../kube/informer.ts";
import type { OwnerLink } from "../../model/facts.ts";
import { eventSubject, recreates, workloadOf } from "./owner-of-pod.ts";

const NOBODY: KubeReader = {
  get: () => Promise.reject(new Error("nobody is to ask")),
  watch: () => Promise.reject(new Error("nobody is to ask")),
};
const DEPLOYMENT: OwnerLink = { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "d" };
const REPLICA_SET: OwnerLink = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-5d4f8", uid: "r" };

function pod(controller?: OwnerLink): PodSummary {
  const ownerReferences = controller === undefined ? [] : [{ ...controller, controller: true }];
  return podSummary({ metadata: { namespace: "shop", name: "web-5d4f8-x", uid: "p", ownerReferences } });
}

function caches() {
  const replicaSets = new Informer(NOBODY, RESOURCES.replicaSets);
  const jobs = new Informer(NOBODY, RESOURCES.jobs);
  replicaSets.cache.set({ namespace: "shop", name: "web-5d4f8", value: { uid: "r", controller: DEPLOYMENT } });
  return { replicaSets, jobs };
}

describe("a pod's workload", () => {
  test("is the Deployment of its ReplicaSet", () => {
    expect(workloadOf(pod(REPLICA_SET), caches())).toEqual(DEPLOYMENT);
  });

  test("is the ReplicaSet where that is unknown, or another of the same name", () => {
    const other = { ...REPLICA_SET, uid: "created-again" };
    expect(workloadOf(pod(other), caches())).toEqual(other);
    const job = { apiVersion: "batch/v1", kind: "Job", name: "once", uid: "j" };
    expect(workloadOf(pod(job), caches())).toEqual(job);
  });

  test("is any other controller itself, and nothing for a bare pod", () => {
    const set = { apiVersion: "apps/v1", kind: "StatefulSet", name: "db", uid: "s" };
    expect(workloadOf(pod(set), caches())).toEqual(set);
    expect(workloadOf(pod(), caches())).toBeUndefined();
  });
});

describe("events about a pod", () => {
  test("stand on its workload, in the pod's namespace", () => {
    const subject = eventSubject(pod(REPLICA_SET), { kind: "known", owner: DEPLOYMENT });
    expect(subject).toEqual({ ...DEPLOYMENT, namespace: "shop" });
    const failed = eventSubject(pod(REPLICA_SET), { kind: "lookup-failed", direct: REPLICA_SET, reason: "" });
    expect(failed.kind).toBe("ReplicaSet");
  });

  test("stand on itself when it is bare, or belongs to a Node", () => {
    const itself = { apiVersion: "v1", kind: "Pod", namespace: "shop", name: "web-5d4f8-x", uid: "p" };
    expect(eventSubject(pod(), { kind: "none" })).toEqual(itself);
    const node = { apiVersion: "v1", kind: "Node", name: "node-1", uid: "n" };
    expect(eventSubject(pod(node), { kind: "known", owner: node })).toEqual(itself);
  });
});

test("only controllers that are known to create pods again count as such", () => {
  expect(recreates(REPLICA_SET)).toBe(true);
  expect(recreates({ apiVersion: "v1", kind: "ReplicationController", name: "a", uid: "1" })).toBe(true);
  for (const [apiVersion, kind] of [
    ["batch/v1", "Job"],
    ["example.com/v1", "ReplicaSet"],
    ["v1", "Node"],
  ] as const) {
    expect(recreates({ apiVersion, kind, name: "a", uid: "1" })).toBe(false);
  }
  expect(recreates(undefined)).toBe(false);
});
