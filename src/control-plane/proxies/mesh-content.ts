import type { PodSummary } from "../../cluster/pods-resource.ts";
import { hasView, type MeshGraph, type ViewRef } from "../../graph/graph.ts";
import type { Informer } from "../../kube/informer.ts";
import type { ChangeSource } from "../../model/mesh-change.ts";
import { keyOf, refIn } from "../../model/mesh-object.ts";
import type { ServicePort } from "../../model/services.ts";
import type { Resource } from "../../xds/encode/resource.ts";
import type { ContentSource, ViewResources } from "../../xds/publish/content-source.ts";
import { meshResources, namedEndpoints } from "../../xds/translate/content.ts";
import { type EndpointsOf, endpointsName, endpointsNamed, endpointsNamesOf } from "../../xds/translate/endpoints.ts";
import type { ProxyView } from "../../xds/translate/view.ts";
import type { Work, WorkRound } from "../../xds/work-round.ts";
import { KnownInstances } from "./known-instances.ts";
import type { KnownServices } from "./known-services.ts";
import type { LeftServices } from "./left-services.ts";
import type { NodeCertificates } from "./node-certificates.ts";
import type { TlsChanges } from "./tls-changes.ts";

/** View of proxies that belong to no node, or to one that is not there. */
export const PASS_THROUGH = "pass-through";

/** The view of a node or gateway, by the name that the publisher knows it by. */
export function viewKey(ref: ViewRef): string {
  return keyOf(ref);
}

/** The inverse; undefined for {@link PASS_THROUGH}. */
export function viewRef(key: string): ViewRef | undefined {
  const ref = refIn(key);
  return ref !== undefined && hasView(ref) ? ref : undefined;
}

export interface MeshContentParts {
  /** Where views are made again. */
  readonly round: WorkRound;
  /** Is told the key of each view that is another one now. */
  readonly changed: (view: string) => void;
  /** Is told the names of endpoints that may be others now, and says whether anybody has them. */
  readonly endpointsChanged: (name: string) => boolean;
  readonly services: Pick<KnownServices, "onChange" | "members">;
  /** What of the secrets of a view comes from this process. */
  readonly certificates: Pick<NodeCertificates, "secretsOf" | "forget">;
  /** What requests within gateways may still be on their way to. */
  readonly leftServices: Pick<LeftServices, "of" | "forget">;
  /** What of a view is in effect while TLS changes. */
  readonly tlsChanges: Pick<TlsChanges, "inEffect" | "take">;
  /** A view could not be made: it stays what it was. */
  readonly failed: (what: string, error: unknown) => void;
}

/**
 * What each view comes to, out of the graph of the mesh. A view that is to be observed only, or that is none (any more), passes traffic
 * through; so does whatever this release does not serve yet.
 */
export class MeshContent implements ContentSource<ProxyView> {
  readonly #graph: MeshGraph;
  readonly #clusterDomain: string;
  readonly #parts: MeshContentParts;
  readonly #instances: KnownInstances;
  /** Ports at which endpoints are, or were, checked that are called on others, by the name of those that are checked where they are called. */
  readonly #checkedPorts = new Map<string, Set<number>>();

  /** `clusterDomain`: such as `cluster.local`. */
  constructor(graph: MeshGraph, clusterDomain: string, parts: MeshContentParts) {
    this.#graph = graph;
    this.#clusterDomain = clusterDomain;
    this.#parts = parts;
    this.#instances = new KnownInstances(graph, parts.endpointsChanged);
    parts.round.add(this.#renewsViews());
  }

  /** Follows the Services until the signal. Members change far more often than anything else: nobody's view is made again for them. */
  followServices(signal: AbortSignal): void {
    const { services, endpointsChanged, round } = this.#parts;
    services.onChange((changes) => {
      for (const change of changes) {
        if (change.kind !== "members") continue;
        const called = endpointsName(serviceEndpoints(change.of), undefined);
        const stillChecked = new Set<number>();
        for (const name of endpointsNamesOf(change.of, this.#checkedPorts.get(called) ?? [])) {
          const port = endpointsChanged(name) ? endpointsNamed(name).checkedPort : undefined;
          if (port !== undefined) stillChecked.add(port);
        }
        // who has the others later notes them again
        if (stillChecked.size > 0) this.#checkedPorts.set(called, stillChecked);
        else this.#checkedPorts.delete(called);
      }
      this.#graph.take(changes.filter((change) => change.kind === "service"));
      round.wake();
    }, signal);
  }

  /** Follows the pods until the signal: nodes that are found by Cloud Map register them. */
  followPods(pods: Pick<Informer<PodSummary>, "cache" | "onChange">, signal: AbortSignal): void {
    for (const pod of pods.cache.all()) this.#instances.podChanged(pod.namespace, pod.name, pod);
    pods.onChange(({ namespace, name, after }) => this.#instances.podChanged(namespace, name, after), signal);
  }

  /** Names of the endpoints that a pod may be among by Cloud Map. */
  namesWith(namespace: string, name: string): readonly string[] {
    return this.#instances.namesWith(namespace, name);
  }

  /** Follows a source until the signal. A change may concern every view: they are made again bit by bit, and before that when they are read. */
  follow(source: ChangeSource, signal: AbortSignal): void {
    source.onChange((changes) => {
      this.#graph.take(changes);
      this.#parts.round.wake();
    }, signal);
  }

  #renewsViews(): Work {
    const { certificates, changed, failed, leftServices, tlsChanges } = this.#parts;
    return {
      next: () => {
        try {
          if (this.#instances.renewNext()) return true;
          const views = this.#graph.renewNextView();
          for (const ref of views ?? []) {
            const view = this.#graph.view(ref);
            if (view === undefined) {
              leftServices.forget(viewKey(ref));
              certificates.forget(viewKey(ref));
            }
            tlsChanges.take(viewKey(ref), view);
            changed(viewKey(ref));
          }
          return views !== undefined;
        } catch (error) {
          failed("mesh", error);
          return true;
        }
      },
    };
  }

  compute(key: string, traits: ProxyView): ViewResources {
    const ref = viewRef(key);
    const view = ref && this.#parts.tlsChanges.inEffect(key, this.#graph.view(ref));
    const left = view?.mode === "serve" && view.kind === "virtualGateway" ? this.#parts.leftServices.of(key, view) : [];
    const { resources, endpoints } = meshResources(view, traits, { domain: this.#clusterDomain }, left);
    if (view?.mode !== "serve") {
      // nobody waits for what passes through
      this.#parts.certificates.forget(key);
      return { resources, endpoints };
    }
    for (const name of endpoints) this.#note(name);
    return { resources: [...resources, ...this.#parts.certificates.secretsOf(key, view)], endpoints };
  }

  /** Remembers at which ports endpoints of a Service are checked, so that they are told when those change. */
  #note(name: string): void {
    const { of, checkedPort } = endpointsNamed(name);
    if (of.kind === "cloudMap" || checkedPort === undefined) return;
    const called = endpointsName(of, undefined);
    const ports = this.#checkedPorts.get(called) ?? new Set();
    this.#checkedPorts.set(called, ports.add(checkedPort));
  }

  traitsKey(traits: ProxyView): string {
    return JSON.stringify(traits);
  }

  endpoints(name: string): Resource {
    return namedEndpoints(name, {
      members: (port) => this.#parts.services.members(port),
      instances: (query) => this.#instances.instances(name, query),
    });
  }
}

function serviceEndpoints(port: ServicePort): EndpointsOf {
  return { kind: "service", port };
}
