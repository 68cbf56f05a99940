import type { Protocol } from "../model/field-types.ts";

/*
 * App Mesh had no route where the protocols of route, router and node differed, and said nothing. Envoy translates between all kinds of
 * HTTP, so that such a route works; what cannot work is a problem.
 */

/** Why something cannot be, and what helps. */
export interface Mismatch {
  readonly message: string;
  readonly help: string;
}

/** Of a router's listeners those that a route is on: those of its own protocol, else those that can carry it. */
export function carrying<L extends { readonly protocol: Protocol }>(
  route: Protocol,
  listeners: readonly L[],
): readonly L[] {
  const same = listeners.filter(({ protocol }) => protocol === route);
  return same.length > 0 ? same : listeners.filter(({ protocol }) => isTcp(protocol) === isTcp(route));
}

/** Why no listener of a router can carry a route; `spoken`: what they speak. */
export function notCarried(route: Protocol, spoken: readonly Protocol[]): Mismatch {
  const message = `it is a route of ${route}, but the router's listener speaks ${[...new Set(spoken)].join(", ")}`;
  return isTcp(route)
    ? { message, help: "write it as a route of that protocol, or give the listener the protocol tcp" }
    : { message, help: `give the listener the protocol ${route}, or write a tcpRoute` };
}

/**
 * Why requests, or connections, of a route cannot go to a listener of a node; undefined: they can. Bytes of a TCP route go anywhere; of a TCP
 * listener nobody knows whether its app understands requests; calls of gRPC need HTTP/2 for what follows an answer.
 */
export function notUnderstood(route: Protocol, target: Protocol, where: string): Mismatch | undefined {
  if (isTcp(route)) return undefined;
  const message = `it is a route of ${route}, but ${where} speaks ${target}`;
  if (isTcp(target)) {
    return { message, help: `give the node's listener the protocol ${route}, or write a tcpRoute` };
  }
  if (route !== "grpc" || target !== "http") return undefined;
  return { message, help: "calls of gRPC need HTTP/2: give the node's listener the protocol grpc" };
}

function isTcp(protocol: Protocol): boolean {
  return protocol === "tcp";
}
