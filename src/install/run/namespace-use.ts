import { KubeError } from "../../kube/kube-error.ts";
import { KUBE_LIMITS } from "../../kube/limits.ts";
import { apiRoot } from "../../kube/object-path.ts";
import { type JsonObject, member, objectsOf, stringOf } from "../../model/json.ts";
import { REPORT_LABEL } from "../../model/names.ts";
import { inBatches } from "../in-batches.ts";
import { INSTALL_LIMITS } from "../limits.ts";
import type { Reader } from "../lists.ts";
import { annotationsOf, labelsOf, objectNameOf } from "../objects/object-name.ts";
import { COMPONENT_LABEL, COMPONENTS, type Component, PLACES } from "../objects/ownership.ts";
import { type ListableType, listableTypes } from "./listable-types.ts";
import { MADE_BY_PROCESSES } from "./made-by-processes.ts";

/** What Kubernetes makes by itself: notes about objects, and views of them. Nobody would miss them. */
const RESTLESS = new Set([
  "events.",
  "events.events.k8s.io",
  "endpoints.",
  "endpointslices.discovery.k8s.io",
  "leases.coordination.k8s.io",
  "pods.metrics.k8s.io",
]);

/** What controllers put into every namespace, by kind and name: Kubernetes', OpenShift's and Istio's. */
const IN_EVERY_NAMESPACE = new Set([
  "ConfigMap kube-root-ca.crt",
  "ConfigMap openshift-service-ca.crt",
  "ConfigMap istio-ca-root-cert",
  "ServiceAccount default",
  "ServiceAccount builder",
  "ServiceAccount deployer",
  "RoleBinding system:deployers",
  "RoleBinding system:image-builders",
  "RoleBinding system:image-pullers",
]);
const IN_EVERY_NAMESPACE_ACCOUNTS = ["default", "builder", "deployer"];

/**
 * What would be lost with a component's namespace that is neither ours nor made by Kubernetes itself, such as `VirtualNode web`;
 * and in words what could not be looked at. `gone` are the UIDs of what was just deleted, whose dependents go too. Of everything
 * only metadata is read. Rejects with KubeError.
 */
export async function namespaceUse(
  reader: Reader,
  component: Component,
  gone: ReadonlySet<string>,
): Promise<readonly string[]> {
  const { types, silent } = await listableTypes(reader);
  const unseen = silent.map((apiVersion) => `what ${apiVersion} has, which does not answer`);
  const wanted = types.filter(({ group, plural }) => !RESTLESS.has(`${plural}.${group}`));
  if (wanted.length > INSTALL_LIMITS.types) return [`some of ${wanted.length} kinds, too many to look at`];
  const lists = await inBatches(wanted, (type) => objectsOfType(reader, type, PLACES[component].namespace));
  const objects = lists.flatMap(({ items }) => items);
  const owners = new Set([...gone, ...objects.map(uidOf)]);
  const others = objects.filter((object) => !isKnown(object, component) && !hasOwnerAmong(object, owners));
  return [
    ...others.map((object) => `${objectNameOf(object).kind} ${objectNameOf(object).name}`),
    ...lists.flatMap(({ problem }) => problem ?? []),
    ...unseen,
  ];
}

interface TypeList {
  readonly items: readonly JsonObject[];
  readonly problem?: string;
}

/** The first page is enough: what of it is not ours decides. */
async function objectsOfType(
  { client, signal }: Reader,
  { apiVersion, kind, plural }: ListableType,
  namespace: string,
): Promise<TypeList> {
  const root = apiRoot(apiVersion);
  const path = `${root}/namespaces/${namespace}/${plural}?limit=${INSTALL_LIMITS.page}`;
  try {
    const list = await client.get(path, { content: "metadata", signal, timeout: KUBE_LIMITS.write });
    return { items: objectsOf(list.items).map((item) => ({ ...item, apiVersion, kind })) };
  } catch (error) {
    if (!(error instanceof KubeError) || error.code !== "status") throw error;
    // gone since discovery, or it never lists
    if (error.status === 404 || error.status === 405) return { items: [] };
    return { items: [], problem: `perhaps a ${kind}: ${error.message}` };
  }
}

function isKnown(object: JsonObject, component: Component): boolean {
  const { kind, name } = objectNameOf(object);
  const labels = labelsOf(object);
  // reports go with their pods, a moment later
  if (labels[COMPONENT_LABEL] !== undefined || labels[REPORT_LABEL] !== undefined) return true;
  if (IN_EVERY_NAMESPACE.has(`${kind} ${name}`)) return true;
  // tokens that older clusters made for each service account
  const account = annotationsOf(object)["kubernetes.io/service-account.name"];
  const accounts = [...IN_EVERY_NAMESPACE_ACCOUNTS, ...COMPONENTS.map((one) => PLACES[one].name)];
  if (kind === "Secret" && account !== undefined && accounts.includes(account)) return true;
  return MADE_BY_PROCESSES[component].some(
    (made) => objectNameOf(made).kind === kind && objectNameOf(made).name === name,
  );
}

function hasOwnerAmong(object: JsonObject, owners: ReadonlySet<string>): boolean {
  return objectsOf(member(object.metadata, "ownerReferences")).some(({ uid }) => owners.has(stringOf(uid) ?? ""));
}

function uidOf(object: JsonObject): string {
  return stringOf(member(object.metadata, "uid")) ?? "";
}
