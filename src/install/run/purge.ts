import { setTimeout as wait } from "node:timers/promises";
import { KubeError } from "../../kube/kube-error.ts";
import { inNamespace } from "../../kube/object-path.ts";
import { change, read, remove, type Writer } from "../../kube/writes.ts";
import { type JsonObject, listOf, member, numberOf, objectsOf, stringOf } from "../../model/json.ts";
import { APPMESH_GROUP as GROUP } from "../../model/kinds.ts";
import { withoutOldFinalizers } from "../../model/old-finalizers.ts";
import { InstallError } from "../install-error.ts";
import { INSTALL_LIMITS } from "../limits.ts";
import { listAll, listed, type Reader } from "../lists.ts";
import { objectNameOf } from "../objects/object-name.ts";
import { controllerDeployments } from "../preflight/app-mesh-controller.ts";
import type { Removal } from "./remove-namespace.ts";

/** One kind of App Mesh's custom resources, and how many objects of it there are. */
export interface CustomResources {
  readonly definition: JsonObject;
  readonly kind: string;
  /** Of the collection in the whole cluster. */
  readonly path: string;
  readonly count: number;
}

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** The CRDs of App Mesh with the number of their objects; only reads. Rejects with KubeError. */
export async function listCustomResources(reader: Reader): Promise<readonly CustomResources[]> {
  const definitions = await listAll(reader, DEFINITIONS);
  const ours = definitions.filter((definition) => stringOf(member(definition.spec, "group")) === GROUP);
  return await Promise.all(
    ours.map(async (definition) => {
      const names = member(definition.spec, "names");
      const served = objectsOf(member(definition.spec, "versions")).find((version) => version.served === true);
      const path = `/apis/${GROUP}/${stringOf(served?.name)}/${stringOf(member(names, "plural"))}`;
      let count = 0;
      for await (const _ of listed(reader, path, "metadata")) count++;
      return { definition, kind: stringOf(member(names, "kind")) ?? "", path, count };
    }),
  );
}

/**
 * Removes the CRDs and, with them, all objects of theirs, and waits until they are gone. Finalizers of App Mesh's controller, where that
 * does not run, are taken away; the control plane, whose leader does that, is gone already. What takes long is said while it is waited for.
 * Rejects with KubeError, or InstallError `not-ready` after the deadline, which names all CRDs that are left, with the objects that another
 * finalizer holds: the program that would end it may be gone.
 */
export async function purge(removal: Removal, resources: readonly CustomResources[]): Promise<void> {
  const { writer, deadline, report } = removal;
  if (resources.length === 0) return;
  for (const { definition } of resources) await remove(writer, referenceOf(definition));
  const controllers = await controllerDeployments(writer);
  const isRunning = controllers.some(({ status }) => (numberOf(member(status, "readyReplicas")) ?? 0) > 0);
  if (!isRunning) for (const resource of resources) await letGo(writer, resource);
  const left: string[] = [];
  for (const resource of resources) {
    const { kind, count } = resource;
    if (await isGone(removal, resource)) {
      report(`CRD of ${kind} removed, with ${count === 1 ? "1 object" : `${count} objects`}`);
    } else if (deadline === undefined) {
      report(`CRD of ${kind} is being removed${await heldUp(writer, resource)}`);
    } else {
      const said = `CRD ${objectNameOf(resource.definition).name} is not gone in time`;
      left.push(`${said}${await heldUp(writer, resource)}`);
    }
  }
  if (left.length > 0) throw new InstallError("not-ready", left.join("\n"));
}

/** Takes the old finalizers from all objects of a kind. Where a webhook refuses that, the objects are named at last as held up. */
async function letGo(writer: Writer, { path }: CustomResources): Promise<void> {
  for await (const object of listed(writer, path, "metadata")) {
    const finalizers = withoutOldFinalizers(object.metadata);
    if (finalizers === undefined) continue;
    const { name, namespace } = objectNameOf(object);
    const collection = namespace === undefined ? path : inNamespace(path, namespace);
    const resourceVersion = stringOf(member(object.metadata, "resourceVersion")) ?? "";
    try {
      await change(writer, `${collection}/${encodeURIComponent(name)}`, { metadata: { resourceVersion, finalizers } });
    } catch (error) {
      if (!(error instanceof KubeError) || error.code !== "status") throw error;
    }
  }
}

function referenceOf(definition: JsonObject): JsonObject {
  const { name } = objectNameOf(definition);
  return { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", metadata: { name } };
}

/** Whether the CRD goes before the deadline; without one, whether it is gone now. */
async function isGone({ writer, deadline = 0, report }: Removal, resource: CustomResources): Promise<boolean> {
  const { definition } = resource;
  let silentUntil = performance.now() + INSTALL_LIMITS.quiet;
  while ((await read(writer, referenceOf(definition))) !== undefined) {
    const now = performance.now();
    if (now > deadline) return false;
    if (now > silentUntil) {
      silentUntil = Number.POSITIVE_INFINITY;
      const seconds = Math.ceil((deadline - now) / 1000);
      const waiting = `waiting for ${seconds} s at most until CRD ${objectNameOf(definition).name} is gone`;
      report(`${waiting}${await heldUp(writer, resource)}`);
    }
    await wait(INSTALL_LIMITS.poll, undefined, { signal: writer.signal });
  }
  return true;
}

/** What holds the objects that are still there, and the command for each that lets it go. */
async function heldUp(reader: Reader, { path, definition }: CustomResources): Promise<string> {
  const plural = objectNameOf(definition).name;
  const lines: string[] = [];
  let more = 0;
  for await (const object of listed(reader, path, "metadata")) {
    const finalizers = listOf(member(object.metadata, "finalizers")).map(String);
    if (finalizers.length === 0) continue;
    if (lines.length === INSTALL_LIMITS.named) {
      more++;
      continue;
    }
    const { name, namespace } = objectNameOf(object);
    const place = namespace === undefined ? "" : ` -n ${namespace}`;
    const command = `kubectl patch ${plural} ${name}${place} --type=merge -p '{"metadata":{"finalizers":null}}'`;
    lines.push(`\n  ${namespace === undefined ? "" : `${namespace}/`}${name} (${finalizers.join(", ")}): ${command}`);
  }
  if (lines.length === 0) return "";
  const rest = more > 0 ? `\n  and ${more} more` : "";
  return `: objects wait for their finalizers; where the program is gone that would end them, let them go yourself:${lines.join("")}${rest}`;
}
