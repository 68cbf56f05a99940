import { connectionsOf } from "../../graph/connections.ts";
import type { MeshView, TargetView } from "../../graph/view.ts";
import { keyOf } from "../../model/mesh-object.ts";
import { servicesOf } from "./calling-views.ts";
import { formerPort, placeOf, type TlsChange, type WayOf } from "./tls-change.ts";

export interface OnTheirWay {
  /** By the place of each. */
  readonly changes: ReadonlyMap<string, TlsChange>;
  readonly wayOf: WayOf;
}

/** A view in the middle of these changes: what its listeners take, and how it calls others. */
export function viewInEffect(key: string, view: MeshView, onTheirWay: OnTheirWay): MeshView {
  const targets = view.targets.map((target) => targetInEffect(key, view, target, onTheirWay));
  if (view.kind === "virtualGateway") return { ...view, targets };
  const ofNode = new Map<number, TlsChange>();
  for (const change of onTheirWay.changes.values()) if (change.node === key) ofNode.set(change.port, change);
  const written = view.listeners.map((listener) => {
    const change = ofNode.get(listener.port);
    // nothing is known of what was before
    return change?.before === undefined ? listener : { ...listener, ...change.step.server };
  });
  const former = [...ofNode.values()].flatMap((change) => [...change.former.values()]);
  const listeners = [...written, ...former].toSorted((a, b) => a.port - b.port);
  const names = [...ofNode.values()].map(({ before }) => before?.certificateNames ?? []);
  const certificateNames = [view.certificateNames, ...names].find((each) => each.length > 0) ?? [];
  return { ...view, targets, listeners, certificateNames };
}

function targetInEffect(key: string, view: MeshView, target: TargetView, { changes, wayOf }: OnTheirWay): TargetView {
  const node = keyOf(target.object);
  let isSame = true;
  const listeners = target.listeners.map((listener) => {
    const change = changes.get(placeOf(node, listener.port));
    if (change === undefined) return listener;
    isSame = false;
    const called = { view, target, listener };
    const connections = connectionsOf(servicesOf(called), (service) => wayOf(change, key, service, called));
    const port = formerPort(change, target);
    return { ...listener, ...(port !== undefined && { formerPort: port }), connections };
  });
  return isSame ? target : { ...target, listeners };
}
