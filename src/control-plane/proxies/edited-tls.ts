import { isDeepStrictEqual } from "node:util";
import { tlsOf } from "../../graph/connections.ts";
import type { ListenerView, MeshView, ServiceView } from "../../graph/view.ts";
import { keyOf } from "../../model/mesh-object.ts";
import { type Called, servicesOf } from "./calling-views.ts";

/* What is written otherwise of TLS where a view takes the place of another one of the same object. */

/** A listener of the node itself, by its port. */
interface EditedListener {
  readonly port: number;
  /** As it was. */
  readonly before: ListenerView["tls"];
  /** Whether it is there at all. */
  readonly isThere: boolean;
}

/** Listeners that are gone, or have another TLS. */
export function editedListeners(before: MeshView, view: MeshView): readonly EditedListener[] {
  if (before.kind !== "virtualNode" || view.kind !== "virtualNode") return [];
  return before.listeners.flatMap(({ port, tls }) => {
    const listener = view.listeners.find((each) => each.port === port);
    if (listener !== undefined && isDeepStrictEqual(tls, listener.tls)) return [];
    return [{ port, before: tls, isThere: listener !== undefined }];
  });
}

/** A listener that is called in another way by some service. */
interface EditedCall {
  /** Key of the node that is called, and its port. */
  readonly node: string;
  readonly port: number;
  /** As the former view has both. */
  readonly service: ServiceView;
  readonly called: Called;
}

/** Services that connect in another way than before, while what they call stays what it is. */
export function* editedCalls(before: MeshView, view: MeshView): Generator<EditedCall> {
  const targets = new Map(before.targets.map((target) => [keyOf(target.object), target]));
  for (const target of view.targets) {
    const old = targets.get(keyOf(target.object));
    // a certificate names its host: under another one the old way is of no use
    if (old === undefined || old.hostname !== target.hostname) continue;
    for (const listener of target.listeners) {
      const was = old.listeners.find(({ port }) => port === listener.port);
      if (was === undefined || isDeepStrictEqual(was.connections, listener.connections)) continue;
      const called = { view: before, target: old, listener: was };
      for (const service of editedServices(called, { view, target, listener })) {
        yield { node: keyOf(target.object), port: listener.port, service, called };
      }
    }
  }
}

/** As the former view has them. */
function editedServices(before: Called, after: Called): readonly ServiceView[] {
  const services = new Map(servicesOf(before).map((service) => [service.name, service]));
  return servicesOf(after).flatMap((service) => {
    const old = services.get(service.name);
    if (old === undefined) return [];
    const was = tlsOf(old, before.target, before.listener);
    return isDeepStrictEqual(was, tlsOf(service, after.target, after.listener)) ? [] : [old];
  });
}
