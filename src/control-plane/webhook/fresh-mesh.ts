import { MeshGraph } from "../../graph/graph.ts";
import { NO_SETTINGS } from "../../graph/graph-settings.ts";
import type { KubeClient } from "../../kube/client.ts";
import { KubeError } from "../../kube/kube-error.ts";
import { type JsonObject, member, objectsOf, stringMapOf } from "../../model/json.ts";
import { APPMESH_API_VERSION, KIND_FACTS, type Kind } from "../../model/kinds.ts";
import type { MeshChange } from "../../model/mesh-change.ts";
import { type ObjectRef, refOf } from "../../model/mesh-object.ts";
import { parseObject } from "../../model/parse-object.ts";
import { OBJECT_WEBHOOK_LIMITS } from "./limits.ts";

/** How to ask the API server within a call. */
export interface Asking {
  readonly client: KubeClient;
  readonly signal: AbortSignal;
}

/**
 * Where an object belongs, as the API server has it now: a graph of the Meshes, the object's namespace and, for a route, the gateways. A
 * Mesh that was applied a moment before its nodes is in no cache yet. Rejects with KubeError, and where
 * too many others ask.
 */
export async function freshMesh(asking: Asking, ref: ObjectRef): Promise<MeshGraph> {
  if (running >= OBJECT_WEBHOOK_LIMITS.asking) throw new Error("too many reviews ask at the same time");
  running++;
  try {
    return await readMesh(asking, ref);
  } finally {
    running--;
  }
}

/** Of the process: how many reviews ask now. */
let running = 0;

async function readMesh(asking: Asking, { kind, namespace }: ObjectRef): Promise<MeshGraph> {
  const [own, meshes, gateways] = await Promise.all([
    readNamespace(asking, namespace),
    listed(asking, "Mesh"),
    kind === "GatewayRoute" ? listed(asking, "VirtualGateway") : [],
  ]);
  const graph = new MeshGraph(NO_SETTINGS);
  graph.take([...own, ...meshes, ...gateways]);
  return graph;
}

/** Whether an object is there now. Rejects with KubeError. */
export async function isThere(asking: Asking, { kind, namespace, name }: ObjectRef): Promise<boolean> {
  const query = `fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`;
  const { items } = await get(asking, `${collection(kind, namespace)}?${query}`);
  return objectsOf(items).length > 0;
}

async function listed(asking: Asking, kind: Kind): Promise<readonly MeshChange[]> {
  const { items } = await get(asking, collection(kind, ""));
  return objectsOf(items).flatMap((item): readonly MeshChange[] => {
    const parsed = parseObject({ ...item, apiVersion: APPMESH_API_VERSION, kind });
    if (parsed.kind === "refused") return [];
    return [{ kind: "object", ref: refOf(parsed.object), before: undefined, after: parsed.object, refused: [] }];
  });
}

async function readNamespace(asking: Asking, name: string): Promise<readonly MeshChange[]> {
  if (name === "") return [];
  try {
    const metadata = member(await get(asking, `/api/v1/namespaces/${encodeURIComponent(name)}`), "metadata");
    const after = {
      name,
      labels: stringMapOf(member(metadata, "labels")),
      annotations: stringMapOf(member(metadata, "annotations")),
    };
    return [{ kind: "namespace", name, before: undefined, after }];
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return [];
    throw error;
  }
}

function get({ client, signal }: Asking, path: string): Promise<JsonObject> {
  return client.get(path, { content: "whole", signal, timeout: OBJECT_WEBHOOK_LIMITS.read });
}

function collection(kind: Kind, namespace: string): string {
  const place = namespace === "" ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  return `/apis/${APPMESH_API_VERSION}${place}/${KIND_FACTS[kind].plural}`;
}
