import { NO_SETTINGS } from "../graph/graph-settings.ts";
import { refusedAlways } from "../graph/refused-always.ts";
import type { NamespaceFacts } from "../model/facts.ts";
import { immutableChange } from "../model/immutable-fields.ts";
import { type JsonObject, member, objectOf, sameJson, stringMapOf } from "../model/json.ts";
import { APPMESH_API_VERSION, KIND_FACTS } from "../model/kinds.ts";
import type { ServiceChange } from "../model/mesh-change.ts";
import { keyOf, type MeshObject, type ObjectKey, type ObjectRef, refOf } from "../model/mesh-object.ts";
import { type FieldProblem, type ParsedObject, parseObject } from "../model/parse-object.ts";
import { KEEPS_CLOUD_MAP } from "../model/virtual-node.ts";
import { WRITTEN_FIELDS } from "../model/written-fields.ts";
import { appliedObject } from "./applied.ts";
import { type MeshContents, meshGraph } from "./mesh-contents.ts";

/** What is to be applied and deleted. */
export interface AppliedFiles {
  readonly objects: readonly GivenObject[];
  readonly namespaces: readonly GivenNamespace[];
  /** Services that the files have, as changes from nothing. */
  readonly services: readonly ServiceChange[];
  readonly deleted: readonly ObjectRef[];
}

/** An App Mesh object of a file. */
export interface GivenObject {
  readonly ref: ObjectRef;
  /** As it is written, with its namespace. */
  readonly raw: JsonObject;
  /** Why the API server refuses it; empty: it does not. */
  readonly refusals: readonly FieldProblem[];
}

export interface GivenNamespace {
  readonly name: string;
  readonly raw: JsonObject;
}

/** The objects of the files as the cluster has them, whole; those that are not there are absent. */
export interface LiveObjects {
  readonly objects: ReadonlyMap<ObjectKey, JsonObject>;
  readonly namespaces: ReadonlyMap<string, JsonObject>;
}

/** What becomes of one object. */
export interface AppliedObject {
  /** Of a Namespace too. */
  readonly object: { readonly kind: string; readonly namespace: string; readonly name: string };
  readonly outcome: "created" | "configured" | "unchanged" | "deleted" | "refused";
  /** Why it is refused: `spec.awsName: …`; else empty. */
  readonly why: string;
}

export interface AfterApply {
  readonly contents: MeshContents;
  readonly objects: readonly AppliedObject[];
}

/**
 * A mesh after `kubectl apply` of files and deletions, all at once. What the API server or the webhook refuses stays as it is. `now`: RFC 3339, when
 * new objects are created, so that they are younger than all others.
 */
export function afterApply(before: MeshContents, files: AppliedFiles, live: LiveObjects, now: string): AfterApply {
  const namespaces = appliedNamespaces(before.namespaces, files.namespaces, live.namespaces);
  const known = new Set(namespaces.facts.map(({ name }) => name));
  const deleted = new Map(files.deleted.map((ref) => [keyOf(ref), ref]));
  const stored = new Map(before.objects.flatMap((parsed) => withKey(parsed)));
  const tried = files.objects.map((given) =>
    triedObject(given, live.objects.get(keyOf(given.ref)), stored, known, now),
  );
  const applied = (refused: ReadonlySet<ObjectKey>): MeshContents => {
    const after = new Map(stored);
    for (const { key, parsed, outcome } of tried) {
      if (outcome !== "refused" && !refused.has(key)) after.set(key, parsed);
    }
    for (const key of deleted.keys()) after.delete(key);
    const others = before.objects.filter((parsed) => withKey(parsed).length === 0);
    const services = [...before.services, ...files.services];
    return { ...before, objects: [...after.values(), ...others], namespaces: namespaces.facts, services };
  };
  const refusals = webhookRefusals(applied(new Set()), tried);
  const objects = tried.map(({ ref, key, outcome, why }): AppliedObject => {
    const refusal = outcome === "refused" || deleted.has(key) ? undefined : refusals.get(key);
    return refusal === undefined ? { object: ref, outcome, why } : { object: ref, outcome: "refused", why: refusal };
  });
  const gone = [...deleted].map(([, ref]): AppliedObject => ({ object: ref, outcome: "deleted", why: "" }));
  return {
    contents: applied(new Set(refusals.keys())),
    objects: [
      ...namespaces.objects,
      ...objects.filter(({ object }) => !deleted.has(keyOf(object as ObjectRef))),
      ...gone,
    ],
  };
}

interface TriedObject {
  readonly ref: ObjectRef;
  readonly key: ObjectKey;
  readonly parsed: ParsedObject;
  readonly outcome: "created" | "configured" | "unchanged" | "refused";
  readonly why: string;
}

function triedObject(
  { ref, raw, refusals }: GivenObject,
  live: JsonObject | undefined,
  stored: ReadonlyMap<ObjectKey, ParsedObject>,
  namespaces: ReadonlySet<string>,
  now: string,
): TriedObject {
  const key = keyOf(ref);
  const merged = live === undefined ? created(raw, now) : withKeptFields(appliedObject(live, raw), live);
  const parsed = parseObject({ ...merged, apiVersion: APPMESH_API_VERSION, kind: ref.kind });
  const done = { ref, key, parsed, why: "" } as const;
  // what is stored may be older than a rule, and stays
  if (live !== undefined && sameJson(written(live), written(merged))) return { ...done, outcome: "unchanged" };
  const refused = (why: string): TriedObject => ({ ...done, outcome: "refused", why });
  const [first] = [...refusals, ...(parsed.kind === "refused" ? parsed.problems : [])];
  if (first !== undefined) return refused(first.path === "" ? first.message : `${first.path}: ${first.message}`);
  if (KIND_FACTS[ref.kind].scope === "Namespaced" && !namespaces.has(ref.namespace)) {
    return refused(`there is no namespace ${ref.namespace}: create it first, or give it with -f too`);
  }
  if (live === undefined) return { ...done, outcome: "created" };
  const old = stored.get(key);
  const change =
    old?.kind === "parsed" && parsed.kind === "parsed" ? unchangeable(old.object, parsed.object) : undefined;
  return change === undefined ? { ...done, outcome: "configured" } : refused(change);
}

/** What the webhook, or the definitions themselves, refuse of a change. */
function unchangeable(before: MeshObject, after: MeshObject): string | undefined {
  const change = immutableChange(before, after);
  if (change !== undefined || before.kind !== "VirtualNode" || after.kind !== "VirtualNode") return change;
  const [was, is] = [before, after].map(({ spec }) => spec.serviceDiscovery?.awsCloudMap ?? null);
  return was === null || sameJson(was as never, is as never) ? undefined : `spec: ${KEEPS_CLOUD_MAP}`;
}

/** It has nothing of what the API server decides yet. */
function created(raw: JsonObject, now: string): JsonObject {
  const { status: _, ...rest } = raw;
  return { ...rest, metadata: { ...objectOf(raw.metadata), creationTimestamp: now } };
}

/** What App Mesh's webhook keeps in an object that leaves it out. */
function withKeptFields(merged: JsonObject, live: JsonObject): JsonObject {
  const spec = objectOf(member(merged, "spec"));
  const kept = WRITTEN_FIELDS.flatMap((field) => {
    const value = member(live.spec, field);
    return spec[field] !== undefined || value === undefined ? [] : [[field, value] as const];
  });
  return { ...merged, spec: { ...spec, ...Object.fromEntries(kept) } };
}

/** What is compared of an object: what its writers write. */
function written({ spec, metadata }: JsonObject): JsonObject {
  const { "kubectl.kubernetes.io/last-applied-configuration": _, ...annotations } = stringMapOf(
    member(metadata, "annotations"),
  );
  return { spec: spec ?? {}, labels: stringMapOf(member(metadata, "labels")), annotations };
}

/** What the control plane's webhook refuses of it, by key. */
function webhookRefusals(after: MeshContents, tried: readonly TriedObject[]): ReadonlyMap<ObjectKey, string> {
  const graph = meshGraph(after, NO_SETTINGS);
  return new Map(
    tried.flatMap(({ ref, key, parsed, outcome }) => {
      if (parsed.kind !== "parsed" || outcome === "refused" || outcome === "unchanged") return [];
      const operation = outcome === "created" ? "CREATE" : "UPDATE";
      const found = graph.problems(ref).find((problem) => refusedAlways(parsed.object, problem, operation));
      if (found === undefined) return [];
      return [[key, `${found.path === "" ? "" : `${found.path}: `}${found.message}; ${found.help}`] as const];
    }),
  );
}

function withKey(parsed: ParsedObject): readonly (readonly [ObjectKey, ParsedObject])[] {
  const ref = parsed.kind === "parsed" ? refOf(parsed.object) : parsed.ref;
  return ref === undefined ? [] : [[keyOf(ref), parsed]];
}

function appliedNamespaces(
  before: readonly NamespaceFacts[],
  given: readonly GivenNamespace[],
  live: ReadonlyMap<string, JsonObject>,
): { readonly facts: readonly NamespaceFacts[]; readonly objects: readonly AppliedObject[] } {
  const facts = new Map(before.map((one) => [one.name, one]));
  const objects = given.map(({ name, raw }): AppliedObject => {
    const old = live.get(name);
    const merged = old === undefined ? raw : appliedObject(old, raw);
    const { labels, annotations } = written(merged);
    facts.set(name, { name, labels: stringMapOf(labels), annotations: stringMapOf(annotations) });
    const object = { kind: "Namespace", namespace: "", name };
    if (old === undefined) return { object, outcome: "created", why: "" };
    const isSame = sameJson(
      written({ metadata: old.metadata ?? null }),
      written({ metadata: merged.metadata ?? null }),
    );
    return { object, outcome: isSame ? "unchanged" : "configured", why: "" };
  });
  return { facts: [...facts.values()], objects };
}
