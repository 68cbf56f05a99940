import type { AfterApply, AppliedFiles } from "../../answers/after-apply.ts";
import { afterApply } from "../../answers/after-apply.ts";
import type { DiffedPod, Surroundings } from "../../answers/mesh-diff.ts";
import type { ViewRef } from "../../graph/graph.ts";
import { KubeError } from "../../kube/kube-error.ts";
import type { JsonObject } from "../../model/json.ts";
import { APPMESH_API_VERSION, KIND_FACTS } from "../../model/kinds.ts";
import type { ServiceChange } from "../../model/mesh-change.ts";
import { keyOf, type ObjectRef } from "../../model/mesh-object.ts";
import { membersOf } from "../facts/mesh-members.ts";
import { workloadOf } from "../facts/owners.ts";
import { type Reading, whyNot } from "../facts/reading.ts";
import type { ClusterReads } from "./cluster-reads.ts";
import type { Gathering } from "./gathering.ts";
import { inParallel } from "./in-parallel.ts";
import { type GatheredMesh, gatherMesh } from "./mesh.ts";
import { readControlPlane, readPods, surroundingsOf } from "./mesh-pods.ts";
import { readOwners } from "./owners.ts";

export interface DiffFacts {
  readonly before: GatheredMesh;
  readonly after: AfterApply;
  readonly around: Surroundings;
  /** Sentences for a person: what had to be assumed. */
  readonly notes: readonly string[];
}

/**
 * Reads a mesh with its pods, and the objects of files as the cluster has them. Rejects with KubeError where something of it cannot be read, for less
 * would be said than happens, and where what is to be deleted is not there.
 */
export async function gatherDiff(
  { reads, progress, now }: Pick<Gathering, "reads" | "progress" | "now">,
  files: AppliedFiles,
): Promise<DiffFacts> {
  const [before, settings, live] = await Promise.all([
    gatherMesh({ reads, progress }, undefined),
    readControlPlane(reads),
    readLive(reads, files),
  ]);
  refuseMissing(before, files.deleted);
  progress("the pods");
  const [read, owners] = await Promise.all([readPods(reads), readOwners(reads)]);
  const all = needed(read, "list of pods");
  const applied: AppliedFiles = { ...files, services: newServices(before, files.services) };
  const after = afterApply(before, applied, live, new Date(now()).toISOString());
  const [was, becomes] = [before, after.contents].map((contents) =>
    membersOf(contents, owners, settings.configuration),
  );
  const pods = all
    .filter(({ injected }) => injected)
    .map((pod): DiffedPod => {
      const [old, next] = [was?.(pod), becomes?.(pod)];
      const { namespace, name, traits, deletion } = pod;
      const node: ViewRef | undefined = old?.kind === "resolved" ? old.object : old?.injectedAs;
      return {
        namespace,
        name,
        workload: workloadOf(pod, owners),
        before: node,
        // one whose node cannot be told keeps the one that it has
        after: next?.kind === "resolved" ? next.object : node,
        traits: deletion === undefined ? traits : { ...traits, leaving: true },
      };
    });
  const around: Surroundings = { ...surroundingsOf(settings, all, before), pods };
  return { before, after, around, notes: [...before.notes, ...settings.notes] };
}

/** A Service that is there is taken as it is: its addresses are what counts, and nobody here gives it others. */
function newServices(before: GatheredMesh, given: readonly ServiceChange[]): readonly ServiceChange[] {
  const known = new Set(before.services.map(({ namespace, name }) => `${namespace}/${name}`));
  return given.filter(({ namespace, name }) => !known.has(`${namespace}/${name}`));
}

async function readLive(reads: ClusterReads, { objects, namespaces }: AppliedFiles) {
  const found = await inParallel(objects, async ({ ref }) => [keyOf(ref), await one(reads, pathOf(ref))] as const);
  const spaces = await inParallel(
    namespaces,
    async ({ name }) => [name, await one(reads, `/api/v1/namespaces/${encodeURIComponent(name)}`)] as const,
  );
  return { objects: new Map(found.flatMap(isThere)), namespaces: new Map(spaces.flatMap(isThere)) };
}

function isThere([key, object]: readonly [string, JsonObject | undefined]): readonly (readonly [string, JsonObject])[] {
  return object === undefined ? [] : [[key, object]];
}

async function one(reads: ClusterReads, path: string): Promise<JsonObject | undefined> {
  const found = await reads.one(path);
  return found.kind === "absent" ? undefined : needed(found, path);
}

function pathOf({ kind, namespace, name }: ObjectRef): string {
  const { plural } = KIND_FACTS[kind];
  const place = namespace === "" ? "" : `namespaces/${encodeURIComponent(namespace)}/`;
  return `/apis/${APPMESH_API_VERSION}/${place}${plural}/${encodeURIComponent(name)}`;
}

function refuseMissing({ objects }: GatheredMesh, deleted: readonly ObjectRef[]): void {
  const known = new Set(
    objects.flatMap((parsed) => {
      if (parsed.kind === "refused") return parsed.ref === undefined ? [] : [keyOf(parsed.ref)];
      const { kind, metadata } = parsed.object;
      return [keyOf({ kind, namespace: metadata.namespace, name: metadata.name })];
    }),
  );
  const missing = deleted.find((ref) => !known.has(keyOf(ref)));
  if (missing === undefined) return;
  throw new KubeError("no-such-name", `there is no ${keyOf(missing)}, which is to be deleted`);
}

function needed<T>(reading: Reading<T>, what: string): T {
  if (reading.kind === "read") return reading.value;
  throw new KubeError("status", `${whyNot(reading, what)}, so what would change is not known`);
}
