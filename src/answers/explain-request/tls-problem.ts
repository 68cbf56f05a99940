import type { ClientTlsView, ServerTlsView } from "../../graph/tls-view.ts";

/**
 * Why no connection between two proxies comes about, as far as the resources say it; undefined: nothing is against it. Certificates themselves
 * are not looked at. `mode`: of the server's proxy; undefined: nothing is known of it.
 */
export function tlsProblem(
  client: ClientTlsView | undefined,
  server: ServerTlsView | undefined,
  mode: "serve" | "observe" | undefined,
): string | undefined {
  if (client === undefined) {
    return server?.mode === "STRICT"
      ? "the listener takes TLS alone (STRICT), and the caller speaks plain text"
      : undefined;
  }
  if (client.validation?.trust.kind === "unusable") return "what the client policy trusts cannot be used";
  if (client.certificate?.kind === "unusable") return "the certificate of the client policy cannot be used";
  // nothing is known of its server
  if (mode === undefined) return undefined;
  if (server === undefined) {
    return mode === "observe"
      ? "the caller asks for TLS, and the listener's mesh only observes"
      : "the client policy asks for TLS, and the listener has none";
  }
  if (server.certificate.kind === "unusable") return "the certificate of the listener cannot be used";
  if (server.validation === undefined) return undefined;
  if (server.validation.trust.kind === "unusable") return "what the listener trusts of clients cannot be used";
  return client.certificate === undefined
    ? "the listener asks clients for a certificate, and the client policy has none"
    : undefined;
}
