import type { KubeClient } from "../kube/client.ts";
import { KubeError } from "../kube/kube-error.ts";
import { KUBE_LIMITS } from "../kube/limits.ts";
import { ToldChanges } from "../kube/told-changes.ts";
import type { Watched } from "../kube/watched.ts";
import type { NamespaceFacts } from "../model/facts.ts";
import type { JsonObject } from "../model/json.ts";
import { KINDS, type Kind } from "../model/kinds.ts";
import type { MeshChange } from "../model/mesh-change.ts";
import { type MeshObject, type ObjectRef, refOf } from "../model/mesh-object.ts";
import { type ParsedObject, parseObject } from "../model/parse-object.ts";
import { KnownObjects } from "./known-objects.ts";
import { type MeshStore, StoreError } from "./mesh-store.ts";
import { meshObjectPath } from "./object-path.ts";

/** Owner of the fields that are written (https://kubernetes.io/docs/reference/using-api/server-side-apply/). */
const FIELD_MANAGER = "outrigger-control-plane";

/** The collections that a store is made of, whoever watches them. */
export interface StoreParts {
  /** For what is written. */
  readonly client: KubeClient;
  readonly objects: Readonly<Record<Kind, Watched<ParsedObject>>>;
  readonly namespaces: Watched<Omit<NamespaceFacts, "name">>;
}

/** The custom resources of a cluster as a store, as up to date as its collections, until the signal. */
export class KubernetesStore implements MeshStore {
  readonly synced: Promise<void>;
  readonly #client: KubeClient;
  readonly #signal: AbortSignal;
  readonly #known = new KnownObjects();
  readonly #told = new ToldChanges<MeshChange>({
    everything: () => this.#known.everything(),
    take: () => this.#known.takeChanges(),
  });

  constructor({ client, objects, namespaces }: StoreParts, signal: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
    for (const kind of KINDS) {
      objects[kind].onChange(({ namespace, name, after }) => {
        this.#known.setObject({ kind, namespace, name }, after);
        this.#told.changed();
      }, signal);
    }
    namespaces.onChange(({ name, after }) => {
      this.#known.setNamespace(name, after && { name, ...after });
      this.#told.changed();
    }, signal);
    const all = [namespaces, ...KINDS.map((kind) => objects[kind])];
    this.synced = Promise.all(all.map(({ synced }) => synced)).then(() => this.#told.known());
  }

  get(ref: ObjectRef): MeshObject | undefined {
    return this.#known.get(ref);
  }

  onChange(listener: (changes: readonly MeshChange[]) => void, signal: AbortSignal): void {
    this.#told.onChange(listener, signal);
  }

  async apply(object: JsonObject): Promise<void> {
    const parsed = parseObject(object);
    if (parsed.kind === "refused") {
      const said = parsed.problems.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
      throw new StoreError("invalid", said.join("; "));
    }
    const { kind, metadata } = parsed.object;
    const path = meshObjectPath({ kind, namespace: metadata.namespace, name: metadata.name });
    await this.#patch(`${path}?fieldManager=${FIELD_MANAGER}&force=true`, "apply", object);
  }

  async delete(ref: ObjectRef): Promise<boolean> {
    const call = {
      method: "DELETE",
      path: meshObjectPath(ref),
      signal: this.#signal,
      timeout: KUBE_LIMITS.write,
    } as const;
    try {
      await this.#client.send(call);
      return true;
    } catch (error) {
      if (error instanceof KubeError && error.status === 404) return false;
      throw storeError(error);
    }
  }

  async complete(object: MeshObject, fields: JsonObject): Promise<void> {
    const { uid, resourceVersion } = object.metadata;
    const body = { metadata: { uid, resourceVersion }, spec: fields };
    await this.#patch(`${meshObjectPath(refOf(object) as ObjectRef)}?fieldManager=${FIELD_MANAGER}`, "merge", body);
  }

  async writeStatus(ref: ObjectRef, status: JsonObject, uid?: string): Promise<void> {
    const body = { ...(uid !== undefined && { metadata: { uid } }), status };
    await this.#patch(`${meshObjectPath(ref)}/status?fieldManager=${FIELD_MANAGER}`, "merge", body);
  }

  async #patch(path: string, patch: "apply" | "merge", body: JsonObject): Promise<void> {
    const call = { method: "PATCH", patch, path, body, signal: this.#signal, timeout: KUBE_LIMITS.write } as const;
    try {
      await this.#client.send(call);
    } catch (error) {
      throw storeError(error);
    }
  }
}

function storeError(error: unknown): StoreError {
  if (!(error instanceof KubeError)) return new StoreError("unavailable", String(error), { cause: error });
  const { status, message } = error;
  if (status === 404) return new StoreError("gone", message, { cause: error });
  const refused = status !== undefined && status >= 400 && status < 500 && status !== 429;
  return new StoreError(refused ? "refused" : "unavailable", message, { cause: error });
}
