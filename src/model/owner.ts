import type { OwnerFacts, OwnerLink } from "./facts.ts";
import { type JsonObject, member, objectsOf, stringMapOf, stringOf } from "./json.ts";
import { withoutEnd } from "./trim.ts";

/** What a look-up of a ReplicaSet or a Job answered: its own controller, if it has one. */
export type OwnerLookup =
  | { readonly kind: "found"; readonly controller: OwnerLink | undefined }
  | { readonly kind: "failed"; readonly reason: string };

/** The controlling owner of an object: the one reference with `controller: true`. */
export function controllerOf(object: JsonObject): OwnerLink | undefined {
  const reference = objectsOf(member(member(object, "metadata"), "ownerReferences")).find(
    (entry) => member(entry, "controller") === true,
  );
  if (reference === undefined) return undefined;
  return {
    apiVersion: stringOf(member(reference, "apiVersion")) ?? "",
    kind: stringOf(member(reference, "kind")) ?? "",
    name: stringOf(member(reference, "name")) ?? "",
    uid: stringOf(member(reference, "uid")) ?? "",
  };
}

/** Whether this owner is itself made by another one that gives the workload its name: ReplicaSets and Jobs are. */
export function needsLookup(owner: OwnerLink): boolean {
  return (
    (owner.kind === "ReplicaSet" && /^(apps|extensions)\//.test(owner.apiVersion)) ||
    (owner.kind === "Job" && owner.apiVersion.startsWith("batch/"))
  );
}

/** The end of the chain: ReplicaSet → Deployment or Rollout, Job → CronJob, any other controller itself. */
export function ownerFacts(direct: OwnerLink | undefined, lookup: OwnerLookup | undefined): OwnerFacts {
  if (direct === undefined) return { kind: "none" };
  if (!needsLookup(direct) || lookup === undefined) return { kind: "known", owner: direct };
  if (lookup.kind === "failed") return { kind: "lookup-failed", direct, reason: lookup.reason };
  return { kind: "known", owner: lookup.controller ?? direct };
}

export interface WorkloadName {
  readonly name: string;
  /** Where it comes from, in words. */
  readonly origin: string;
  readonly warning: string | undefined;
}

/**
 * The workload's part of a virtual node's name. A failed look-up falls back to the ReplicaSet's name without its
 * `pod-template-hash`, a bare pod to its name or to `generateName` without the trailing dash; undefined when the pod
 * has none of these.
 */
export function workloadName(pod: JsonObject, owner: OwnerFacts): WorkloadName | undefined {
  switch (owner.kind) {
    case "known":
      if (owner.owner.name === "") return undefined;
      return { name: owner.owner.name, origin: `${owner.owner.kind} ${owner.owner.name}`, warning: undefined };
    case "lookup-failed": {
      const name = withoutTemplateHash(pod, owner.direct);
      return {
        name,
        origin: `${owner.direct.kind} ${owner.direct.name}, which could not be read`,
        warning: `${owner.direct.kind} ${owner.direct.name} could not be read (${owner.reason}): its ${name === owner.direct.name ? "own name" : "name without the hash"} is used`,
      };
    }
    case "none": {
      const metadata = member(pod, "metadata");
      const name =
        stringOf(member(metadata, "name")) || withoutEnd(stringOf(member(metadata, "generateName")) ?? "", "-");
      return name ? { name, origin: "the bare pod's own name", warning: undefined } : undefined;
    }
  }
}

/**
 * The metadata with the name that its sender gave: none where the API server made it out of `generateName`, which it does after
 * admission, so that an injected pod was called by its `generateName`. It cuts that off after 58 characters, to add five of its own.
 */
export function metadataAsSent(metadata: JsonObject): JsonObject {
  const { name, ...rest } = metadata;
  const prefix = (stringOf(metadata["generateName"]) ?? "").slice(0, 58);
  const given = stringOf(name) ?? "";
  const isGenerated = prefix !== "" && given.length > prefix.length && given.startsWith(prefix);
  return isGenerated ? rest : metadata;
}

function withoutTemplateHash(pod: JsonObject, owner: OwnerLink): string {
  const hash = stringMapOf(member(member(pod, "metadata"), "labels"))["pod-template-hash"];
  return hash && owner.name.endsWith(`-${hash}`) ? owner.name.slice(0, -hash.length - 1) : owner.name;
}
