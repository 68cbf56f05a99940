import { KubeError } from "../../kube/kube-error.ts";
import { apply, read, type Writer } from "../../kube/writes.ts";
import { type JsonObject, stringOf } from "../../model/json.ts";
import { inBatches } from "../in-batches.ts";
import type { Refusal } from "../install-error.ts";
import { objectNameOf, titleOf } from "../objects/object-name.ts";

/**
 * Why the API server would refuse to apply these objects, tried as dry runs: a field that cannot change, a policy. What lies in a
 * namespace that is still to be made cannot be tried. Rejects with KubeError when the API server cannot be asked at all.
 */
export async function applyRefusals(writer: Writer, objects: readonly JsonObject[]): Promise<readonly Refusal[]> {
  const there = await inBatches([...new Set(objects.flatMap(namespaceOf))], async (name) => {
    const stored = await read(writer, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
    return stored === undefined ? [] : [name];
  });
  const namespaces = new Set(there.flat());
  const testable = objects.filter((object) => namespaceOf(object).every((name) => namespaces.has(name)));
  return (await inBatches(testable, (object) => refusalOf(writer, object))).flat();
}

function namespaceOf(object: JsonObject): readonly string[] {
  const { namespace } = objectNameOf(object);
  return namespace === undefined ? [] : [namespace];
}

async function refusalOf(writer: Writer, object: JsonObject): Promise<readonly Refusal[]> {
  try {
    await apply(writer, object, { conflicts: "take", dryRun: "server" });
    return [];
  } catch (error) {
    if (!(error instanceof KubeError) || error.code !== "status") throw error;
    if (isUndecided(error, object)) return [];
    return [{ reason: `${titleOf(object)} cannot be applied: ${error.message}`, remedy: remedyFor(error, object) }];
  }
}

/** A dry run may fail where the real one would not: a webhook may take none, and a binding's role is not there yet. */
function isUndecided({ status, message }: KubeError, { kind }: JsonObject): boolean {
  return /does not support dry ?run/i.test(message) || (status === 404 && (stringOf(kind) ?? "").endsWith("Binding"));
}

function remedyFor({ message }: KubeError, object: JsonObject): string {
  const { kind, name, namespace } = objectNameOf(object);
  if (/immutable/.test(message)) {
    return `delete it: kubectl delete ${kind.toLowerCase()} ${name}${namespace === undefined ? "" : ` -n ${namespace}`}`;
  }
  return "the message says who refuses it: have that one let it pass";
}
