/*
 * What TLS of listeners and of clients comes to. Files know beside which others they are used: Envoy reads a certificate and what is trusted
 * beside it together or not at all, so that of a pair one bad file must not spoil what is used beside other files as well.
 */

/** Where a certificate with its key is. */
export type CertificateView =
  /** Paths in the container of Envoy. `beside`: of what is trusted. */
  | { readonly kind: "file"; readonly certificateChain: string; readonly privateKey: string; readonly beside?: string }
  /** A name that the pod's own SDS server knows. */
  | { readonly kind: "sds"; readonly secretName: string }
  | { readonly kind: "acm"; readonly arn: string }
  /** None or several are given, or one that cannot be: no handshake succeeds. */
  | { readonly kind: "unusable" };

/** Where the certificates are that are trusted. */
export type TrustView =
  /** `beside`: paths of the certificate that is shown, and of its key. */
  | { readonly kind: "file"; readonly certificateChain: string; readonly beside?: readonly [string, string] }
  | { readonly kind: "sds"; readonly secretName: string }
  | { readonly kind: "acm"; readonly arns: readonly string[]; readonly beside?: readonly [string, string] }
  | { readonly kind: "unusable" };

/** What one side of a connection needs. */
export type TlsSource = CertificateView | TrustView;

/** How the certificate of the other side is checked. */
export interface ValidationView {
  readonly trust: TrustView;
  /** It must carry one of these, without a dot at their ends; empty: any will do. `*.` at the beginning stands for any name below. */
  readonly names: readonly string[];
}

export interface ServerTlsView {
  /** `PERMISSIVE`: clients without TLS are served too. */
  readonly mode: "PERMISSIVE" | "STRICT";
  readonly certificate: CertificateView;
  /** Clients must show a certificate; undefined: none is asked for. */
  readonly validation: ValidationView | undefined;
}

export interface ClientTlsView {
  /** Shown to a server that asks for one. */
  readonly certificate: CertificateView | undefined;
  /** Undefined: any certificate will do. */
  readonly validation: ValidationView | undefined;
  /** The name that is asked for (SNI); undefined: none, as of an address. */
  readonly serverName: string | undefined;
}
