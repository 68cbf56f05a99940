import { definitionName } from "../../../../src/install/objects/custom-resource-definitions.ts";
import { type JsonObject, member, objectOf, objectsOf, stringOf } from "../../../../src/model/json.ts";
import type { Kind } from "../../../../src/model/kinds.ts";
import { kubectl, outcomeOf } from "../../kubectl.ts";

/* How a program of Kubernetes reads and writes App Mesh objects: whole, by PUT, and refused where somebody else wrote in between. */

export async function read(kind: Kind, namespace: string, name: string): Promise<JsonObject | undefined> {
  const found = await kubectl("get", definitionName(kind), name, "-n", namespace, "--ignore-not-found", "-o", "json");
  return found === "" ? undefined : (JSON.parse(found) as JsonObject);
}

export async function readAll(kind: Kind, namespace: string): Promise<readonly JsonObject[]> {
  const list = await kubectl("get", definitionName(kind), "-n", namespace, "-o", "json");
  return objectsOf(member(JSON.parse(list) as JsonObject, "items"));
}

/** @throws Error with what the API server said. */
export function create(object: JsonObject): Promise<void> {
  return write("create", object);
}

/** PUT, with the resourceVersion that was read. @throws Error with what the API server said, also of a conflict. */
export function update(object: JsonObject): Promise<void> {
  return write("replace", object);
}

async function write(verb: "create" | "replace", object: JsonObject): Promise<void> {
  const { code, stderr } = await outcomeOf("kubectl", [verb, "-f", "-"], JSON.stringify(object));
  // what it is warned of such a program only logs
  if (code !== 0) throw new Error(`${verb} ${stringOf(object.kind)}: ${stderr.trim()}`);
}

/** Times a program is told of a conflict in a row, at most: whoever writes all the time would never let it write. */
const MOST_CONFLICTS = 3;

/** A round of a controller, which begins again where somebody else wrote between its reading and its writing. */
export async function round(work: () => Promise<void>, conflicts = 0): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!String(error).includes("(Conflict)") || conflicts === MOST_CONFLICTS) throw error;
    await round(work, conflicts + 1);
  }
}

/** What of an object somebody may compare: labels, annotations, finalizers, generation and the whole spec. */
export function compared({ kind, metadata, spec }: JsonObject): JsonObject {
  const { name, labels, annotations, finalizers, ownerReferences, generation } = objectOf(metadata);
  return JSON.parse(
    JSON.stringify({ kind, name, labels, annotations, finalizers, ownerReferences, generation, spec }),
  ) as JsonObject;
}

/** Who wrote more of these objects than a status: field managers, without those that the test's own programs are. */
export function othersWho(objects: readonly JsonObject[]): readonly string[] {
  const managers = objects.flatMap(({ metadata }) => objectsOf(member(metadata, "managedFields")));
  const others = managers.filter(
    ({ subresource, manager }) => subresource !== "status" && !stringOf(manager)?.startsWith("kubectl"),
  );
  return others.map(({ manager }) => stringOf(manager) ?? "");
}
