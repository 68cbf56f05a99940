import type { JsonObject } from "../../../../src/model/json.ts";

/* TLS of the nodes that have an Envoy, and of those who call them. Certificates and authorities are of files, or of ACM. */

type Authority = "file" | "acm";

/** How a node takes connections. */
export type ListenerTls =
  | { readonly mode: "plain" }
  | {
      readonly mode: "PERMISSIVE" | "STRICT";
      readonly certificate: Authority;
      /** Whether clients must show a certificate. */
      readonly clients: "anybody" | "certified";
    };

/** The client policy of a caller. */
export interface Policy {
  readonly enforce: boolean;
  /** Whether it is for the port of HTTP, or for one that nobody calls. */
  readonly ports: "http" | "none";
  readonly trusts: Authority;
  readonly shows: "nothing" | "certificate";
}

export interface Tls {
  /** By node. */
  readonly listeners: Readonly<Record<string, ListenerTls>>;
  /** By caller. */
  readonly policies: Readonly<Record<string, Policy>>;
}

/** Where the certificates are, as objects name them. */
export interface TlsSources {
  /** What nodes show. */
  readonly certificate: (node: string, by: Authority) => JsonObject;
  /** What callers show. */
  readonly clientCertificate: JsonObject;
  readonly trust: (by: Authority) => JsonObject;
}

/** A node that demands TLS, one that takes both, and a caller that checks whom it calls. */
export const FIRST_TLS: Tls = {
  listeners: {
    "node-0": { mode: "plain" },
    "node-1": { mode: "STRICT", certificate: "file", clients: "anybody" },
    "node-2": { mode: "PERMISSIVE", certificate: "file", clients: "anybody" },
  },
  policies: { side: { enforce: false, ports: "http", trusts: "file", shows: "nothing" } },
};

/** The block `tls` of a listener. */
export function listenerBlock(listener: ListenerTls | undefined, node: string, sources: TlsSources): JsonObject {
  if (listener === undefined || listener.mode === "plain") return {};
  const { mode, certificate, clients } = listener;
  const validation = clients === "certified" && { validation: { trust: sources.trust("file") } };
  return { tls: { mode, certificate: sources.certificate(node, certificate), ...validation } };
}

/** The field `clientPolicy`, for this port of HTTP. */
export function policyBlock(policy: Policy | undefined, http: number, sources: TlsSources): JsonObject {
  if (policy === undefined) return {};
  const { enforce, ports, trusts, shows } = policy;
  const certificate = shows === "certificate" && { certificate: sources.clientCertificate };
  const tls = { enforce, ports: [ports === "http" ? http : 1], validation: { trust: sources.trust(trusts) } };
  return { clientPolicy: { tls: { ...tls, ...certificate } } };
}
