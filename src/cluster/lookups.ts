import type { Configuration } from "../config/schema.ts";
import type { Content, KubeReader } from "../kube/client.ts";
import { KubeError } from "../kube/kube-error.ts";
import { KUBE_LIMITS, type KubeTimings } from "../kube/limits.ts";
import { inNamespace } from "../kube/object-path.ts";
import type { ClusterDns } from "../model/cluster-dns.ts";
import type { OwnerFacts, OwnerLink, PodFacts, TrustFacts } from "../model/facts.ts";
import type { JsonObject } from "../model/json.ts";
import { INJECT_KEY } from "../model/names.ts";
import { controllerOf, needsLookup, type OwnerLookup, ownerFacts } from "../model/owner.ts";
import { MISSING_TRUST, TRUST, trustPem } from "../model/trust.ts";
import { type InjectionCaches, informersOf } from "./caches.ts";
import { cachedWorkload, cacheOf } from "./known-owner.ts";
import { type LookUp, LookUpError } from "./pod-facts.ts";
import { type NamespaceMetadata, namespaceMetadata, type WorkloadFacts, workloadFacts } from "./resources.ts";
import { sharedNodesOf } from "./shared-nodes.ts";

export interface LookUpParts {
  readonly caches: InjectionCaches;
  /** For one direct read where a cache may be behind. */
  readonly client: KubeReader;
  readonly controlPlane: Configuration["proxy"]["controlPlane"];
  /** Takes the place of the ConfigMap. */
  readonly fileTrust: (() => TrustFacts) | undefined;
  /** Absent: not known. */
  readonly clusterDns?: ClusterDns | undefined;
  readonly signal: AbortSignal;
  readonly timings?: KubeTimings;
}

/** What a cache knows already, or the read that asks for it. */
type Now<T> = T | Promise<T>;

/**
 * Facts out of the caches, at once when they hold everything. Where they do not (a ReplicaSet made a moment ago, a namespace
 * whose label just changed), the API server is asked once; when it is away, what the caches know counts.
 */
export function podLookUp(parts: LookUpParts): LookUp {
  const { caches, client, controlPlane, fileTrust, clusterDns, signal } = parts;
  const timings = parts.timings ?? KUBE_LIMITS;
  const informers = informersOf(caches);

  function lookUp(pod: JsonObject, namespace: string): Now<PodFacts> {
    if (!informers.every((informer) => informer.isSynced)) return synced().then(() => lookUp(pod, namespace));
    const metadata = namespaceOf(namespace);
    const owner = ownerOf(pod, namespace);
    const trust = trustOf();
    if (!isPromise(metadata) && !isPromise(owner) && !isPromise(trust)) return facts(namespace, metadata, owner, trust);
    return Promise.all([metadata, owner, trust]).then((found) => facts(namespace, ...found));
  }

  function facts(name: string, metadata: NamespaceMetadata, owner: OwnerFacts, trust: TrustFacts): PodFacts {
    return {
      namespace: { name, ...metadata },
      owner,
      virtualNodes: caches.virtualNodes.cache.list(name),
      virtualGateways: caches.virtualGateways.cache.list(name),
      sharedNodes: sharedNodesOf(caches, { name, labels: metadata.labels }),
      meshes: caches.meshes.cache.list(""),
      limitRanges: caches.limitRanges.cache.list(name),
      quotas: caches.quotas.cache.list(name),
      trust,
      ...(clusterDns && { clusterDns }),
    };
  }

  async function synced(): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(notSynced()), timings.firstSync);
    try {
      await Promise.race([Promise.all(informers.map((informer) => informer.synced)), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  function notSynced(): LookUpError {
    const missing = informers.filter((informer) => !informer.isSynced);
    const list = missing.map(({ resource, problem }) => `${resource.name} (${problem})`).join(", ");
    return new LookUpError("not-synced", `the cluster is not known yet: ${list}`);
  }

  /** A namespace without the label is asked for again: the API server would hardly have called if it had none. */
  function namespaceOf(name: string): Now<NamespaceMetadata> {
    const known = caches.namespaces.cache.get("", name);
    if (known !== undefined && INJECT_KEY in known.labels) return known;
    return read(`/api/v1/namespaces/${encodeURIComponent(name)}`, "metadata").then(
      namespaceMetadata,
      (error: unknown) => {
        if (known !== undefined) return known;
        const message = `namespace ${name} is not known: ${(error as Error).message}`;
        throw new LookUpError("namespace-unknown", message, { cause: error });
      },
    );
  }

  function ownerOf(pod: JsonObject, namespace: string): Now<OwnerFacts> {
    const direct = controllerOf(pod);
    if (direct === undefined || !needsLookup(direct)) return ownerFacts(direct, undefined);
    const known = cachedWorkload(caches, namespace, direct);
    if (known !== undefined) return ownerFacts(direct, { kind: "found", controller: known.controller });
    const path = inNamespace(cacheOf(caches, direct).resource.path, namespace);
    return read(`${path}/${encodeURIComponent(direct.name)}`, "metadata").then(
      (object) => ownerFacts(direct, sameWorkload(direct, workloadFacts(object))),
      (error: unknown) => ownerFacts(direct, { kind: "failed", reason: reasonOf(error) }),
    );
  }

  function trustOf(): Now<TrustFacts> {
    if (fileTrust !== undefined) return fileTrust();
    const known = caches.trust.cache.get(TRUST.namespace, TRUST.name);
    if (known !== undefined) return { kind: "known", pem: known };
    if (controlPlane === "none") return MISSING_TRUST;
    return read(`/api/v1/namespaces/${TRUST.namespace}/configmaps/${TRUST.name}`, "whole").then(
      (object) => knownTrust(trustPem(object)),
      () => MISSING_TRUST,
    );
  }

  function read(path: string, content: Content): Promise<JsonObject> {
    return client.get(path, { content, signal, timeout: timings.directRead });
  }

  return lookUp;
}

function knownTrust(pem: string | undefined): TrustFacts {
  return pem === undefined ? MISSING_TRUST : { kind: "known", pem };
}

/** A workload of the same name that was created again is another one. */
function sameWorkload(direct: OwnerLink, found: WorkloadFacts): OwnerLookup {
  if (found.uid === direct.uid) return { kind: "found", controller: found.controller };
  return { kind: "failed", reason: "another object has this name now" };
}

/** Short, for a warning that a person sees. */
function reasonOf(error: unknown): string {
  if (!(error instanceof KubeError)) return "the look-up was broken off";
  switch (error.code) {
    case "status":
      return error.status === 404 ? "it does not exist" : `the API server answered with status ${error.status}`;
    case "timeout":
      return "the API server did not answer in time";
    default:
      return "the API server could not be reached";
  }
}

function isPromise<T>(value: Now<T>): value is Promise<T> {
  return value instanceof Promise;
}
