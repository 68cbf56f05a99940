import type { MeshGraph, ViewRef } from "../../graph/graph.ts";
import type { ServerTlsView } from "../../graph/tls-view.ts";
import { lackingCertificate, listenerPath } from "./lacking-certificate.ts";
import { type Reason, withCode } from "./missing-targets.ts";

/**
 * Why no connection over TLS to a gateway's listener comes about, whatever the client does; undefined: nothing is against it. Files and secrets
 * are not looked at.
 */
export function unusableTls(
  object: ViewRef,
  port: number,
  { certificate, validation }: ServerTlsView,
  graph: MeshGraph,
): Reason | undefined {
  const said = (part: "certificate" | "validation"): Reason | undefined => {
    const at = `${listenerPath(object, port, graph)}.tls.${part}`;
    const found = graph.problems(object).find(({ path }) => path.startsWith(at));
    return found && { why: withCode(found), help: found.help };
  };
  if (certificate.kind === "acm") {
    const lacking = lackingCertificate(object, port, graph);
    if (lacking !== undefined) return lacking;
  }
  if (certificate.kind === "unusable") {
    return said("certificate") ?? { why: "its certificate cannot be used", help: SEE_PROBLEMS };
  }
  if (validation?.trust.kind === "unusable") {
    return said("validation") ?? { why: "what it trusts of clients cannot be used", help: SEE_PROBLEMS };
  }
  return undefined;
}

const SEE_PROBLEMS = "see what is wrong with the gateway: outrigger problems";

/** What a client must bring to a listener that asks for certificates, of which nothing is known here; none: nothing. */
export function wantedOfClients(port: number, { validation }: ServerTlsView): readonly string[] {
  if (validation === undefined) return [];
  const named = validation.names.length === 0 ? "" : `, named ${validation.names.join(" or ")}`;
  return [
    `the listener of port ${port} asks clients for a certificate that it trusts${named}; without one the connection is closed`,
  ];
}
