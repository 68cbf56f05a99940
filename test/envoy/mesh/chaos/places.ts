import type { Places } from "../sidecars.ts";
import { isRefused } from "./refused.ts";
import { CALLERS, type Caller, hostOf, NAMES, PODS, type Ports, WITH_ENVOY } from "./shop.ts";

/* Where everybody is on loopback. A second set of Envoys is at addresses of its own. */

/** Which of two sets of Envoys. */
export type Which = "first" | "second";

/** Who is found by name, each an app that says its own; nobody edits the last two. */
export const HOSTED = [...Object.values(NAMES).flatMap(({ nodes }) => nodes), "db", "marker"];

/** Address of the app of a node that is found by name. */
export function appAddress(node: string): string {
  const at = (WITH_ENVOY as readonly string[]).indexOf(node);
  return at < 0 ? nodeAddress(node) : `127.0.3.${1 + at}`;
}

/** Where a node is called: its app, or the Envoy before that. */
function nodeAddress(node: string): string {
  return `127.0.1.${1 + HOSTED.indexOf(node)}`;
}

/** As Kubernetes says it; no cluster would dial loopback. */
export function podAddress(pod: string): string {
  return `10.7.0.${1 + PODS.indexOf(pod)}`;
}

export function podPlace(pod: string): string {
  return `127.0.2.${1 + PODS.indexOf(pod)}`;
}

/** Where a caller's app, or a stranger, calls its Envoy. */
export function calledAt(caller: Caller, which: Which = "first"): string {
  return `127.0.${which === "first" ? 4 : 5}.${1 + CALLERS.indexOf(caller)}`;
}

export function placesOf(ports: Ports, which: Which = "first"): Places {
  const { http, grpc, tcp, streams, door } = ports;
  const calls = (caller: Caller, of: readonly number[]) => of.map((port) => [calledAt(caller, which), port] as const);
  const taking = WITH_ENVOY.map((node) => {
    const at = which === "first" ? nodeAddress(node) : nodeAddress(node).replace("127.0.1.", "127.0.6.");
    return [node, { takes: [[at, http]], app: appAddress(node) }] as const;
  });
  return {
    hosts: Object.fromEntries(HOSTED.map((name) => [hostOf(name), [nodeAddress(name)]])),
    pods: Object.fromEntries(PODS.map((pod) => [podAddress(pod), podPlace(pod)])),
    sidecars: {
      front: { calls: calls("front", [http, grpc, tcp, ...streams]) },
      side: { calls: calls("side", [http, grpc]) },
      ...Object.fromEntries(taking),
    },
    gateways: {
      door: { at: calledAt("door", which), ports: Object.values(door), second: [calledAt("door", which), http] },
    },
    lookup: "eds",
    refuses: isRefused,
  };
}

/** What an Envoy of the second set shows, as one of the first set would. */
export function asFirst(text: string): string {
  return text.replaceAll(/\b127\.0\.5\./g, "127.0.4.").replaceAll(/\b127\.0\.6\./g, "127.0.1.");
}
