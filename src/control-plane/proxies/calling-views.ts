import { servicesAt } from "../../graph/connections.ts";
import type {
  ListenerView,
  MeshView,
  NodeView,
  ServiceView,
  TargetListenerView,
  TargetView,
} from "../../graph/view.ts";
import { keyOf } from "../../model/mesh-object.ts";

/** A listener as the view of one of its callers has it. */
export interface Called {
  readonly view: MeshView;
  readonly target: TargetView;
  readonly listener: TargetListenerView;
}

/** The services by which a caller calls it. */
export function servicesOf({ view, target, listener }: Called): readonly ServiceView[] {
  return servicesAt(target, listener, view.services);
}

/** Views by their keys, and which of them call a node. */
export class CallingViews {
  readonly #views = new Map<string, MeshView>();
  /** Of those that call a node, by its key. */
  readonly #callers = new Map<string, Set<string>>();

  get(key: string): MeshView | undefined {
    return this.#views.get(key);
  }

  /** Undefined: it is none any more. */
  set(key: string, view: MeshView | undefined): void {
    const before = this.#views.get(key)?.targets ?? [];
    if (view === undefined) this.#views.delete(key);
    else this.#views.set(key, view);
    const nodes = new Set((view?.targets ?? []).map(({ object }) => keyOf(object)));
    for (const node of nodes) this.#callers.set(node, (this.#callers.get(node) ?? new Set()).add(key));
    for (const { object } of before) {
      const node = keyOf(object);
      if (nodes.has(node)) continue;
      const callers = this.#callers.get(node);
      callers?.delete(key);
      if (callers?.size === 0) this.#callers.delete(node);
    }
  }

  /** A node's view and its listener of a port; undefined: there is none. */
  listener(node: string, port: number): { readonly view: NodeView; readonly listener: ListenerView } | undefined {
    const view = this.#views.get(node);
    if (view?.kind !== "virtualNode") return undefined;
    const listener = view.listeners.find((each) => each.port === port);
    return listener && { view, listener };
  }

  /** Whose views have a node's listener, and as what. */
  callersOf(node: string, port: number): readonly { readonly key: string; readonly called: Called }[] {
    return [...(this.#callers.get(node) ?? [])].flatMap((key) => {
      const called = this.called(key, node, port);
      return called === undefined ? [] : [{ key, called }];
    });
  }

  /** A node's listener as a view has it; undefined: it is not in there. */
  called(key: string, node: string, port: number): Called | undefined {
    const view = this.#views.get(key);
    const target = view?.targets.find(({ object }) => keyOf(object) === node);
    const listener = target?.listeners.find((each) => each.port === port);
    return view && target && listener && { view, target, listener };
  }
}
