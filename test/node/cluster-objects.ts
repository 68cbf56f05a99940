import { type JsonObject, listOf, member, objectOf, stringOf } from "../../src/model/json.ts";
import { kubectl } from "./kubectl.ts";

/** Kinds that change by themselves, or are a view of others: an APIService comes a moment after its CRD. */
const RESTLESS = ["events", "events.events.k8s.io", "componentstatuses", "apiservices.apiregistration.k8s.io"];

/** Leases that other components renew: of nodes, and of the cluster's own programs. Any other is looked at. */
const OTHERS_LEASES = [
  /^kube-node-lease\//,
  /^kube-system\/(?:kube-scheduler|kube-controller-manager|apiserver-[0-9a-z]+)$/,
];

/**
 * Every object of the cluster by its kind, namespace and name: what it is, without status and without what every write changes.
 * Namespaces that are being deleted, and what is in them, are left out: other tests leave them behind.
 */
export async function clusterObjects(): Promise<ReadonlyMap<string, JsonObject>> {
  const names = (await kubectl("api-resources", "--verbs=list,delete", "--output=name")).trim().split("\n");
  const resources = names.filter((name) => !RESTLESS.includes(name));
  const text = await kubectl("get", resources.join(","), "--all-namespaces", "--output=json");
  const items = listOf(member(JSON.parse(text) as JsonObject, "items")) as readonly JsonObject[];
  const isLeaving = (object: JsonObject): boolean => member(object.metadata, "deletionTimestamp") !== undefined;
  const leaving = new Set(items.filter((item) => item.kind === "Namespace" && isLeaving(item)).map(nameOf));
  const namespaces = new Set(items.filter(({ kind }) => kind === "Namespace").map(nameOf));
  const isOfNobody = (object: JsonObject): boolean => {
    const owner = ofAddress(object);
    return owner !== undefined && (leaving.has(owner) || !namespaces.has(owner));
  };
  const staying = items.filter(
    (item) => !isLeaving(item) && !leaving.has(namespaceOf(item)) && !isOthersLease(item) && !isOfNobody(item),
  );
  return new Map(staying.map((item) => [`${stringOf(item.kind)} ${namespaceOf(item)}/${nameOf(item)}`, essence(item)]));
}

/** Namespace of the Service that has an address: that outlives its namespace for a while. Undefined of anything else. */
function ofAddress({ kind, spec }: JsonObject): string | undefined {
  return kind === "IPAddress" ? stringOf(member(member(spec, "parentRef"), "namespace")) : undefined;
}

function isOthersLease(object: JsonObject): boolean {
  return (
    object.kind === "Lease" && OTHERS_LEASES.some((pattern) => pattern.test(`${namespaceOf(object)}/${nameOf(object)}`))
  );
}

function essence(object: JsonObject): JsonObject {
  const { status: _status, ...rest } = object;
  const { resourceVersion: _v, managedFields: _f, generation: _g, ...metadata } = objectOf(rest.metadata);
  return { ...rest, metadata };
}

function nameOf(object: JsonObject): string {
  return stringOf(member(object.metadata, "name")) ?? "";
}

function namespaceOf(object: JsonObject): string {
  return stringOf(member(object.metadata, "namespace")) ?? "";
}
