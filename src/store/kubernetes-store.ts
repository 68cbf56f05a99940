import type { KubeClient } from "../kube/client.ts";
import { Informer, type Resource } from "../kube/informer.ts";
import { KubeError } from "../kube/kube-error.ts";
import { KUBE_LIMITS, type KubeTimings } from "../kube/limits.ts";
import type { Place } from "../kube/object-cache.ts";
import { ToldChanges } from "../kube/told-changes.ts";
import { type JsonObject, member, stringMapOf } from "../model/json.ts";
import { APPMESH_API_VERSION, KIND_FACTS, KINDS, type Kind } from "../model/kinds.ts";
import type { MeshChange } from "../model/mesh-change.ts";
import type { MeshObject, ObjectRef } from "../model/mesh-object.ts";
import { type ParsedObject, parseObject } from "../model/parse-object.ts";
import { KnownObjects } from "./known-objects.ts";
import { type MeshStore, StoreError } from "./mesh-store.ts";

/** Owner of the fields that are written (https://kubernetes.io/docs/reference/using-api/server-side-apply/). */
const FIELD_MANAGER = "outrigger-control-plane";

/** kubectl's copy of the whole object: by far the largest annotation, and used by nobody here. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

interface NamespaceMetadata {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The custom resources of a cluster as a store, kept up to date by informers until the signal. */
export class KubernetesStore implements MeshStore {
  readonly synced: Promise<void>;
  readonly #client: KubeClient;
  readonly #signal: AbortSignal;
  readonly #known = new KnownObjects();
  readonly #told = new ToldChanges<MeshChange>({
    everything: () => this.#known.everything(),
    take: () => this.#known.takeChanges(),
  });

  constructor(client: KubeClient, signal: AbortSignal, timings?: KubeTimings) {
    this.#client = client;
    this.#signal = signal;
    const kinds = KINDS.map((kind) => {
      const informer = new Informer(client, meshResource(kind), timings);
      informer.onChange((place) => this.#objectChanged(kind, place, informer), signal);
      return informer;
    });
    const namespaces = new Informer(client, NAMESPACES, timings);
    namespaces.onChange(({ name }) => {
      const metadata = namespaces.cache.get("", name);
      this.#known.setNamespace(name, metadata && { name, ...metadata });
      this.#told.changed();
    }, signal);
    for (const informer of [...kinds, namespaces]) void informer.start(signal);
    this.synced = Promise.all([...kinds, namespaces].map((informer) => informer.synced)).then(() => this.#told.known());
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
    const path = objectPath({ kind, namespace: metadata.namespace, name: metadata.name });
    await this.#patch(`${path}?fieldManager=${FIELD_MANAGER}&force=true`, "apply", object);
  }

  async delete(ref: ObjectRef): Promise<boolean> {
    const call = { method: "DELETE", path: objectPath(ref), signal: this.#signal, timeout: KUBE_LIMITS.write } as const;
    try {
      await this.#client.send(call);
      return true;
    } catch (error) {
      if (error instanceof KubeError && error.status === 404) return false;
      throw storeError(error);
    }
  }

  async writeStatus(ref: ObjectRef, status: JsonObject): Promise<void> {
    await this.#patch(`${objectPath(ref)}/status?fieldManager=${FIELD_MANAGER}`, "merge", { status });
  }

  async #patch(path: string, patch: "apply" | "merge", body: JsonObject): Promise<void> {
    const call = { method: "PATCH", patch, path, body, signal: this.#signal, timeout: KUBE_LIMITS.write } as const;
    try {
      await this.#client.send(call);
    } catch (error) {
      throw storeError(error);
    }
  }

  #objectChanged(kind: Kind, { namespace, name }: Place, informer: Informer<ParsedObject>): void {
    this.#known.setObject({ kind, namespace, name }, informer.cache.get(namespace, name));
    this.#told.changed();
  }
}

function meshResource(kind: Kind): Resource<ParsedObject> {
  const { plural } = KIND_FACTS[kind];
  return {
    name: plural,
    path: `/apis/${APPMESH_API_VERSION}/${plural}`,
    content: "whole",
    presence: "when-installed",
    // a list's entries need not say what they are
    project: (object) => parseObject({ ...object, apiVersion: APPMESH_API_VERSION, kind }),
  };
}

const NAMESPACES: Resource<NamespaceMetadata> = {
  name: "namespaces",
  path: "/api/v1/namespaces",
  content: "metadata",
  presence: "always",
  project: (object) => {
    const metadata = member(object, "metadata");
    const { [LAST_APPLIED]: _, ...annotations } = stringMapOf(member(metadata, "annotations"));
    return { labels: stringMapOf(member(metadata, "labels")), annotations };
  },
};

function objectPath({ kind, namespace, name }: ObjectRef): string {
  const { plural, scope } = KIND_FACTS[kind];
  const place = scope === "Cluster" ? "" : `namespaces/${encodeURIComponent(namespace)}/`;
  return `/apis/${APPMESH_API_VERSION}/${place}${plural}/${encodeURIComponent(name)}`;
}

function storeError(error: unknown): StoreError {
  if (!(error instanceof KubeError)) return new StoreError("unavailable", String(error), { cause: error });
  const { status, message } = error;
  if (status === 404) return new StoreError("gone", message, { cause: error });
  const refused = status !== undefined && status >= 400 && status < 500 && status !== 429;
  return new StoreError(refused ? "refused" : "unavailable", message, { cause: error });
}
