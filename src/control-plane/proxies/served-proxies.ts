import type { InjectionCaches } from "../../cluster/caches.ts";
import type { PodSummary } from "../../cluster/pods-resource.ts";
import type { Configuration } from "../../config/schema.ts";
import type { ViewRef } from "../../graph/graph.ts";
import type { Informer } from "../../kube/informer.ts";
import type { ObjectCache } from "../../kube/object-cache.ts";
import { type JsonObject, member, stringOf } from "../../model/json.ts";
import { PLAIN_TRAITS, type ProxyTraits, type TracingTraits } from "../../model/proxy-traits.ts";
import { encodeResource } from "../../xds/encode/encode-resource.ts";
import { type OwnPublication, withOwnResource } from "../../xds/publish/own-resource.ts";
import type { Publisher } from "../../xds/publish/publisher.ts";
import type { ServedProxy } from "../../xds/serve/application.ts";
import type { NodeClaim } from "../../xds/serve/requests.ts";
import { StreamClosed } from "../../xds/serve/stream-closed.ts";
import { statsListener } from "../../xds/translate/stats-listener.ts";
import type { ProxyView } from "../../xds/translate/view.ts";
import { taken, type Work, type WorkRound } from "../../xds/work-round.ts";
import { CONTROL_PLANE_LIMITS } from "../limits.ts";
import { type PodCaller, problemOf } from "./callers.ts";
import { KnownTracing } from "./known-tracing.ts";
import { PASS_THROUGH, viewKey, viewRef } from "./mesh-content.ts";
import { type PodIdentity, podIdentity } from "./pod-identity.ts";

export interface ServedProxiesParts {
  readonly caches: InjectionCaches;
  readonly pods: Informer<PodSummary>;
  readonly configuration: Configuration;
  /** Where each view's content comes from. */
  readonly publisher: Pick<Publisher<ProxyView>, "open">;
  /** Where proxies are moved to other views. */
  readonly round: WorkRound;
  /** A change could not be made for a view: its proxies keep what they have. */
  readonly failed: (view: string, error: unknown) => void;
  /** The proxy says that it is another node than its pod is. */
  readonly mismatch: (caller: PodCaller, claimed: string, identity: PodIdentity) => void;
  /** The proxy is served without the tracing that its pod asks for. */
  readonly untraced: (caller: PodCaller, problem: string) => void;
}

/** A proxy that has a stream. */
interface OpenProxy {
  readonly caller: PodCaller;
  readonly publication: OwnPublication<ProxyView>;
  traits: ProxyView;
  view: string;
  /** Whether the cache has had its pod: it is behind for a moment, and only a pod that it knew can be gone from it. */
  isKnown: boolean;
}

/** Whose node may be another one than before. */
export type Concerned =
  | { readonly kind: "everybody" }
  | { readonly kind: "namespace"; readonly namespace: string }
  | { readonly kind: "pod"; readonly namespace: string; readonly name: string };

/** Decides what a proxy gets: by its pod alone; what it says of itself is compared, and shown. */
export class ServedProxies {
  readonly #parts: ServedProxiesParts;
  readonly #tracing: KnownTracing;
  readonly #open = new Set<OpenProxy>();
  /** By their text, each once. */
  readonly #concerned = new Map<string, Concerned>();
  /** Those whose node is to be looked up again. */
  readonly #unplaced = new Set<OpenProxy>();
  /** The same by the UID of their pod, which may have several for a moment. */
  readonly #ofPod = new Map<string, Set<OpenProxy>>();

  constructor(parts: ServedProxiesParts) {
    this.#parts = parts;
    this.#tracing = new KnownTracing({
      most: CONTROL_PLANE_LIMITS.tracings,
      inUse: () => tracingsOf(parts.pods.cache),
    });
    parts.round.add(this.#findsConcerned(), this.#placesProxies());
  }

  /**
   * Pods may be other nodes than before: each proxy whose pod is gets the view of that node, soon, and its stream stays. One whose node cannot be
   * told for a moment, as while two nodes select it, keeps the one that it has. Cheap: to be called for every event.
   */
  membersChanged(concerned: Concerned): void {
    this.#concerned.set(JSON.stringify(concerned), concerned);
    this.#parts.round.wake();
  }

  /** The node or gateway whose view the proxy of a pod has; undefined: none, or the pod has no proxy here. */
  nodeOf(podUid: string): ViewRef | undefined {
    const view = this.viewOf(podUid);
    return view === undefined ? undefined : viewRef(view);
  }

  /** The key of the view that the proxy of a pod has; undefined: the pod has no proxy here. */
  viewOf(podUid: string): string | undefined {
    for (const { view } of this.#ofPod.get(podUid) ?? []) return view;
    return undefined;
  }

  /** A pod is another than before: mostly it got its first addresses, or its deletion was asked for. */
  podChanged(pod: PodSummary): void {
    for (const open of this.#ofPod.get(pod.uid) ?? []) {
      open.isKnown = true;
      this.#own(open);
      if (isLeaving(pod) && !open.traits.traits.leaving) {
        this.#unplaced.add(open);
        this.#parts.round.wake();
      }
    }
  }

  /** Throws {@link StreamClosed} when the claim names another pod: then the token is not that of the proxy. */
  admit(caller: PodCaller, claim: NodeClaim): ServedProxy {
    const metadata = member(claim.metadata, "outrigger");
    const uid = stringOf(member(member(metadata, "pod"), "uid"));
    if (uid !== undefined && uid !== caller.bearer.podUid) {
      const message = `the token is that of the pod ${caller.name}, but the proxy says that it runs in another one`;
      throw new StreamClosed("token-of-another-pod", message);
    }
    const { mismatch } = this.#parts;
    const identity = this.#identity(caller);
    if (!agrees(claim.id, identity)) mismatch(caller, claim.id, identity);
    const traits = this.#view(caller);
    const view = viewOf(identity);
    const publication = withOwnResource(this.#parts.publisher.open(view, traits));
    const isKnown = (): boolean => this.#cached(caller)?.uid === caller.bearer.podUid;
    const open: OpenProxy = { caller, publication, traits, view, isKnown: isKnown() };
    this.#open.add(open);
    const ofPod = this.#ofPod.get(caller.key) ?? new Set();
    this.#ofPod.set(caller.key, ofPod.add(open));
    this.#own(open);
    const unwelcome = (): StreamClosed | undefined => {
      open.isKnown ||= isKnown();
      return open.isKnown ? problemOf(this.#cached(caller), caller.bearer) : undefined;
    };
    // of the claim only this is kept: its metadata may be large, and there are thousands of streams
    const claimed = claim.id.slice(0, CONTROL_PLANE_LIMITS.claimedCharacters);
    return {
      snapshot: publication.snapshot,
      subscribe: publication.subscribe,
      close: () => {
        this.#open.delete(open);
        this.#unplaced.delete(open);
        ofPod.delete(open);
        if (ofPod.size === 0) this.#ofPod.delete(caller.key);
        publication.close();
      },
      unwelcome,
      shown: () => this.#shown(caller, claimed),
    };
  }

  #findsConcerned(): Work {
    return {
      next: () => {
        for (const [key, concerned] of this.#concerned) {
          this.#concerned.delete(key);
          for (const open of this.#open) if (concerns(concerned, open.caller)) this.#unplaced.add(open);
          return true;
        }
        return false;
      },
    };
  }

  #placesProxies(): Work {
    return {
      next: () => {
        const open = taken(this.#unplaced);
        if (open !== undefined) this.#place(open);
        return open !== undefined;
      },
    };
  }

  #place(open: OpenProxy): void {
    const identity = this.#identity(open.caller);
    const view = identity.kind === "unresolved" ? open.view : viewOf(identity);
    const traits = isLeaving(this.#pod(open.caller)) ? leaving(open.traits) : open.traits;
    if (view !== open.view || traits !== open.traits) this.#move(open, view, traits);
  }

  /** Where it cannot be moved it keeps what it has, and the others are moved. */
  #move(open: OpenProxy, view: string, traits: ProxyView): void {
    try {
      open.publication.move(view, traits);
      open.view = view;
      open.traits = traits;
    } catch (error) {
      this.#parts.failed(view, error);
    }
  }

  /** What a proxy has for itself: its pod's address, where its statistics are read. */
  #own({ caller, publication }: OpenProxy): void {
    const { controlPlane, proxy } = this.#parts.configuration;
    const { addresses, hostNetwork } = this.#pod(caller);
    const [first, ...others] = addresses;
    if (!controlPlane.statsListener || hostNetwork || first === undefined) {
      publication.own(undefined);
      return;
    }
    publication.own(encodeResource(statsListener({ addresses: [first, ...others], port: proxy.adminPort })));
  }

  #view(caller: PodCaller): ProxyView {
    const own = caller.pod.traits;
    // mostly the one object that many pods share
    const traits = isLeaving(this.#pod(caller)) ? { ...own, leaving: true } : own;
    const { accessLog } = this.#parts.configuration.controlPlane;
    const problem = this.#tracingProblem(traits);
    if (problem === undefined) return { traits, accessLog };
    this.#parts.untraced(caller, problem);
    return { traits: { ...traits, tracing: PLAIN_TRAITS.tracing }, accessLog };
  }

  #tracingProblem({ tracing }: ProxyTraits): string | undefined {
    if (tracing.kind === "none") return undefined;
    if (tracing.kind === "unreadable") return "the settings in the pod's bootstrap are none that Outrigger writes";
    if (this.#tracing.admits(tracing)) return undefined;
    return `there are pods with ${CONTROL_PLANE_LIMITS.tracings} other settings already`;
  }

  #identity(caller: PodCaller): PodIdentity {
    const { caches, configuration } = this.#parts;
    return podIdentity(this.#pod(caller), caches, configuration);
  }

  /** As it is now; as it was when its proxy came where the cache does not have it, or has another of its name. */
  #pod(caller: PodCaller): PodSummary {
    const now = this.#cached(caller);
    return now?.uid === caller.bearer.podUid ? now : caller.pod;
  }

  #cached({ bearer }: PodCaller): PodSummary | undefined {
    return this.#parts.pods.cache.get(bearer.namespace, bearer.pod);
  }

  #shown(caller: PodCaller, claimed: string): JsonObject {
    const { bearer } = caller;
    const identity = this.#identity(caller);
    return {
      pod: { namespace: bearer.namespace, name: bearer.pod, uid: bearer.podUid },
      serviceAccount: bearer.serviceAccount,
      claimed,
      ...(identity.kind === "resolved"
        ? { resolved: { id: identity.id, mesh: identity.mesh, kind: identity.role.kind, name: identity.role.name } }
        : { unresolved: identity.problem }),
      agrees: agrees(claimed, identity),
    };
  }
}

/** The same, asking clients to go elsewhere. */
function leaving(view: ProxyView): ProxyView {
  return view.traits.leaving ? view : { ...view, traits: { ...view.traits, leaving: true } };
}

function isLeaving({ deletion }: PodSummary): boolean {
  return deletion !== undefined;
}

function concerns(concerned: Concerned, { bearer }: PodCaller): boolean {
  switch (concerned.kind) {
    case "everybody":
      return true;
    case "namespace":
      return bearer.namespace === concerned.namespace;
    case "pod":
      return bearer.namespace === concerned.namespace && bearer.pod === concerned.name;
  }
}

/**
 * A node that is not there has no view: its pods pass traffic through until it is. A proxy that comes while several nodes select its pod
 * is the one that its pod was injected as.
 */
function viewOf(identity: PodIdentity): string {
  const object = identity.kind === "resolved" ? identity.object : identity.injectedAs;
  return object === undefined ? PASS_THROUGH : viewKey(object);
}

function* tracingsOf(pods: ObjectCache<PodSummary>): Iterable<TracingTraits> {
  for (const { namespace, name } of pods.places()) {
    const pod = pods.get(namespace, name);
    if (pod !== undefined) yield pod.traits.tracing;
  }
}

/** App Mesh's own images gave the whole ARN, of which the id is the end. */
function agrees(claimed: string, identity: PodIdentity): boolean {
  return identity.kind === "resolved" && (claimed === identity.id || claimed.endsWith(`:${identity.id}`));
}
