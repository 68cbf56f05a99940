import type { MeshGraph, ViewRef } from "../../graph/graph.ts";
import { type Reason, withCode } from "./missing-targets.ts";

/**
 * Why a listener of a node or a gateway that wants a certificate of ACM has none: nobody signs one, or the Secret in its place cannot be used.
 * Undefined: nothing is known against it.
 */
export function lackingCertificate(object: ViewRef, port: number, graph: MeshGraph): Reason | undefined {
  const own = `${listenerPath(object, port, graph)}.tls.certificate.acm`;
  const found = graph.problems(object).find(
    // who gets no name gets none for any listener, and it is said of the first
    ({ code, path }) => code === "certificate-name" || (code === "certificate-secret" && path.startsWith(own)),
  );
  return found && { why: withCode(found), help: found.help };
}

/** Where the listener of a port stands in a node or a gateway. */
export function listenerPath(object: ViewRef, port: number, graph: MeshGraph): string {
  const having = graph.object(object);
  const listeners =
    having?.kind === "VirtualGateway" || having?.kind === "VirtualNode" ? (having.spec.listeners ?? []) : [];
  return `spec.listeners[${listeners.findIndex(({ portMapping }) => portMapping.port === port)}]`;
}
