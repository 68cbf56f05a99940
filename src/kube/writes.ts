import type { JsonObject } from "../model/json.ts";
import type { KubeClient } from "./client.ts";
import { KubeError } from "./kube-error.ts";
import { KUBE_LIMITS } from "./limits.ts";
import { collectionPath, objectPath } from "./object-path.ts";

/** Who writes, and until when. */
export interface Writer {
  readonly client: KubeClient;
  /** Owner of the written fields (https://kubernetes.io/docs/reference/using-api/server-side-apply/). */
  readonly fieldManager: "outrigger" | "outrigger-injector" | "outrigger-control-plane";
  readonly signal: AbortSignal;
}

export interface ApplyOptions {
  /** What happens to fields that others own with another value: taken over, or a conflict (status 409). */
  readonly conflicts: "take" | "refuse";
  /** `server`: everything but storing. */
  readonly dryRun?: "server";
}

/** Applies an object by its kind, namespace and name (server-side apply) and returns what is stored. Rejects with KubeError. */
export function apply(writer: Writer, object: JsonObject, options: ApplyOptions): Promise<JsonObject> {
  const query = new URLSearchParams({ fieldManager: writer.fieldManager, fieldValidation: "Strict" });
  if (options.conflicts === "take") query.set("force", "true");
  if (options.dryRun === "server") query.set("dryRun", "All");
  return writer.client.send({
    method: "PATCH",
    patch: "apply",
    path: `${objectPath(object)}?${query.toString()}`,
    body: object,
    signal: writer.signal,
    timeout: KUBE_LIMITS.write,
  });
}

/** Changes some fields of the object at a path by a JSON merge patch. Rejects with KubeError, also where there is none. */
export function change(
  writer: Writer,
  path: string,
  fields: JsonObject,
  options: Pick<ApplyOptions, "dryRun"> = {},
): Promise<JsonObject> {
  const query = new URLSearchParams({ fieldManager: writer.fieldManager });
  if (options.dryRun === "server") query.set("dryRun", "All");
  return writer.client.send({
    method: "PATCH",
    patch: "merge",
    path: `${path}?${query.toString()}`,
    body: fields,
    signal: writer.signal,
    timeout: KUBE_LIMITS.write,
  });
}

/** Creates an object. Rejects with KubeError, reason `AlreadyExists` when there is one of that name. */
export function create(writer: Writer, object: JsonObject): Promise<JsonObject> {
  return writer.client.send({
    method: "POST",
    path: `${collectionPath(object)}?fieldManager=${writer.fieldManager}`,
    body: object,
    signal: writer.signal,
    timeout: KUBE_LIMITS.write,
  });
}

/**
 * Puts an object in the place of the one that was read: with its `metadata.resourceVersion` in it, so that a change by
 * another in between is a conflict (KubeError, reason `Conflict`).
 */
export function replace(writer: Writer, object: JsonObject): Promise<JsonObject> {
  return writer.client.send({
    method: "PUT",
    path: `${objectPath(object)}?fieldManager=${writer.fieldManager}`,
    body: object,
    signal: writer.signal,
    timeout: KUBE_LIMITS.write,
  });
}

/** The stored object; undefined when there is none, or no such API. Rejects with KubeError for any other failure. */
export async function read(
  { client, signal }: Pick<Writer, "client" | "signal">,
  reference: JsonObject,
): Promise<JsonObject | undefined> {
  try {
    return await client.get(objectPath(reference), { content: "whole", signal, timeout: KUBE_LIMITS.write });
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return undefined;
    throw error;
  }
}

/** Deletes an object with what belongs to it; whether there was one. Rejects with KubeError for any other failure. */
export async function remove(
  { client, signal }: Pick<Writer, "client" | "signal">,
  reference: JsonObject,
): Promise<boolean> {
  const body = { kind: "DeleteOptions", apiVersion: "v1", propagationPolicy: "Background" };
  try {
    await client.send({ method: "DELETE", path: objectPath(reference), body, signal, timeout: KUBE_LIMITS.write });
    return true;
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return false;
    throw error;
  }
}
