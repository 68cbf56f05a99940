import { apiRoot } from "../../kube/object-path.ts";
import type { JsonObject } from "../../model/json.ts";
import { listAll, type Reader } from "../lists.ts";
import { INVENTORY_KINDS } from "../objects/inventory-kinds.ts";
import { objectNameOf } from "../objects/object-name.ts";
import { COMPONENT_LABEL, type Component, MANAGED_BY_LABEL, MANAGER, PLACES } from "../objects/ownership.ts";

/**
 * The objects of a component that `install` made, whatever its release, in the order in which they are removed; without its
 * namespace, and without what its processes made themselves. Rejects with KubeError.
 */
export async function inventory(reader: Reader, component: Component): Promise<readonly JsonObject[]> {
  const found: JsonObject[] = [];
  const selector = encodeURIComponent(`${COMPONENT_LABEL}=${component},${MANAGED_BY_LABEL}=${MANAGER}`);
  for (const [apiVersion, kind, plural, scope] of INVENTORY_KINDS) {
    const root = apiRoot(apiVersion);
    const place = scope === "cluster" ? "" : `/namespaces/${PLACES[component].namespace}`;
    const items = await listAll(reader, `${root}${place}/${plural}?labelSelector=${selector}`, "metadata");
    // items of a list do not say what they are
    found.push(...items.map((item) => ({ ...item, apiVersion, kind })));
  }
  return found;
}

/** Those of the inventory that the objects wanted now no longer name: left by an earlier release, or by other options. */
export function leftOver(inventoried: readonly JsonObject[], wanted: readonly JsonObject[]): readonly JsonObject[] {
  const key = (object: JsonObject): string => {
    const { kind, namespace = "", name } = objectNameOf(object);
    return JSON.stringify([kind, namespace, name]);
  };
  const kept = new Set(wanted.map(key));
  return inventoried.filter((object) => !kept.has(key(object)));
}
