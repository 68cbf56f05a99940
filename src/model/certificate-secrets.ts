/* Secrets of the control plane's namespace that ARNs of ACM mean. */

/** What the setting `controlPlane.certificates.secrets` says about one ARN. */
export interface CertificateSecret {
  readonly arn: string;
  /** Its name in the control plane's namespace. */
  readonly secret: string;
  /** Nodes and gateways of these may show its certificate; whoever trusts it may be anywhere. */
  readonly namespaces: readonly string[];
}

/** Why a Secret is no good for something, and what helps. */
export interface SecretFlaw {
  readonly found: string;
  readonly help: string;
}

/** What a Secret is good for. Nothing of a key or a certificate is in here, so that all of it may be said. */
export interface CertificateSecretFacts {
  /** Why its certificate with the key cannot be shown; undefined: it can. */
  readonly certificate: SecretFlaw | undefined;
  /** Why no certificate can be checked by it; undefined: it has authorities. */
  readonly authority: SecretFlaw | undefined;
}
