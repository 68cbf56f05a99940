import { isDeepStrictEqual } from "node:util";
import { tlsOf } from "../../graph/connections.ts";
import type { ListenerView, MeshView, ServiceView, TargetView } from "../../graph/view.ts";
import { keyOf } from "../../model/mesh-object.ts";
import { type Called, servicesOf } from "./calling-views.ts";
import { formerPort, type TlsChange } from "./tls-change.ts";

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

/** A listener that is at another port now. */
export interface MovedListener {
  readonly from: ListenerView;
  readonly to: ListenerView;
}

/** Listeners that are gone, each with the one on a port that was none: where a protocol has one of both, else it cannot be told which is which. */
export function movedListeners(before: MeshView, view: MeshView): readonly MovedListener[] {
  if (before.kind !== "virtualNode" || view.kind !== "virtualNode") return [];
  const [gone, come] = [beyond(before.listeners, view.listeners), beyond(view.listeners, before.listeners)];
  return gone.flatMap((from) => {
    const [to, ...others] = come.filter(({ protocol }) => protocol === from.protocol);
    const isOne = others.length === 0 && gone.every((each) => each === from || each.protocol !== from.protocol);
    return to !== undefined && isOne ? [{ from, to }] : [];
  });
}

/** Those on ports on which there are no others. */
function beyond(listeners: readonly ListenerView[], others: readonly ListenerView[]): readonly ListenerView[] {
  return listeners.filter(({ port }) => others.every((each) => each.port !== port));
}

/** The changes whose listener has not moved for who calls it: it is another one to them, or is found by another name, and so called as it is written. */
export function noLongerMoving(changes: Iterable<TlsChange>, before: MeshView, view: MeshView): readonly TlsChange[] {
  const moving = [...changes].filter(({ port, calledAt }) => port !== calledAt);
  if (moving.length === 0) return [];
  const [olds, targets] = [targetsByKey(before), targetsByKey(view)];
  return moving.filter((change) => {
    const [old, target] = [olds.get(change.node), targets.get(change.node)];
    if (old === undefined || target?.listeners.some(({ port }) => port === change.port) !== true) return false;
    if (formerPort(change, target) === undefined) return false;
    return old.hostname !== target.hostname || !isMoveOf(before, view, target, change);
  });
}

function targetsByKey({ targets }: MeshView): ReadonlyMap<string, TargetView> {
  return new Map(targets.map((target) => [keyOf(target.object), target]));
}

/**
 * Whether whoever calls a port of a target by some route called that listener before, at its former ports, where the route led to that target at
 * all. Else the new port may be that of another app than the former one.
 */
function isMoveOf(
  before: MeshView,
  view: MeshView,
  { name }: Pick<TargetView, "name">,
  { port, former }: { readonly port: number; readonly former: ReadonlyMap<number, unknown> },
): boolean {
  const known = new Map(before.services.map((service) => [service.name, portsByRoute(service, name)]));
  return view.services.every((service) =>
    [...portsByRoute(service, name)].every(([route, ports]) => {
      const was = known.get(service.name)?.get(route) ?? [];
      return !ports.includes(port) || was.every((each) => each === port || former.has(each));
    }),
  );
}

/** The ports of a target that routes of a service lead to, by port and name of the route. */
function portsByRoute({ provider }: ServiceView, name: string): ReadonlyMap<string, readonly number[]> {
  switch (provider.kind) {
    case "none":
      return new Map();
    case "node":
      return new Map(provider.target === name ? [["", provider.ports]] : []);
    case "router":
      return new Map(
        provider.router.listeners.flatMap(({ port, routes }) =>
          routes.map((route) => [
            `${port} ${route.name}`,
            route.targets.flatMap((each) => (each.kind === "node" && each.target === name ? [each.port] : [])),
          ]),
        ),
      );
  }
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
