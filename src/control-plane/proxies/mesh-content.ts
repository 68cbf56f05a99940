import { MeshGraph, type ViewRef } from "../../graph/graph.ts";
import type { GraphSettings } from "../../graph/graph-settings.ts";
import type { ChangeSource } from "../../model/mesh-change.ts";
import { keyOf } from "../../model/mesh-object.ts";
import type { ContentSource, ViewResources } from "../../xds/publish/content-source.ts";
import { translateNode } from "../../xds/translate/node.ts";
import { translate } from "../../xds/translate/translate.ts";
import type { ProxyView } from "../../xds/translate/view.ts";

/** View of proxies that belong to no node, or to one that is not there. */
export const PASS_THROUGH = "pass-through";

/** The view of a node or gateway, by the name that the publisher knows it by. */
export function viewKey(ref: ViewRef): string {
  return keyOf(ref);
}

/**
 * What each view comes to, out of the graph of the mesh. A view that is to be observed only, or that is none (any more), passes traffic
 * through; so does whatever this release does not serve yet.
 */
export class MeshContent implements ContentSource<ProxyView> {
  readonly #graph: MeshGraph;
  readonly #settings: GraphSettings;
  readonly #refs = new Map<string, ViewRef>();

  constructor(settings: GraphSettings) {
    this.#graph = new MeshGraph(settings);
    this.#settings = settings;
  }

  /** Follows a source until the signal; `changed` is told the key of each view that may be another one now. */
  follow(source: ChangeSource, changed: (view: string) => void, signal: AbortSignal): void {
    source.onChange((changes) => {
      for (const ref of this.#graph.apply(changes).views) {
        this.#refs.set(viewKey(ref), ref);
        changed(viewKey(ref));
      }
    }, signal);
  }

  compute(key: string, traits: ProxyView): ViewResources {
    const ref = this.#refs.get(key);
    const view = ref && this.#graph.view(ref);
    if (view?.kind !== "virtualNode" || view.mode !== "serve") return { resources: translate(traits), endpoints: [] };
    const { clusterDomain } = this.#settings;
    return { resources: translateNode(view, traits.traits, { domain: clusterDomain }), endpoints: [] };
  }

  traitsKey(traits: ProxyView): string {
    return JSON.stringify(traits);
  }

  endpoints(): undefined {
    return undefined;
  }
}
