/** A certificate chain (leaf first) and its private key, PEM, known to fit each other. */
export interface Credentials {
  readonly certificate: string;
  readonly key: string;
  /** End of the leaf's validity. */
  readonly notAfter: Date;
  /** SHA-256 of the leaf, as Node prints it: recognises the certificate on a connection. */
  readonly fingerprint: string;
}

/** The certificate of a server over time: it is replaced while the server runs. */
export interface CertificateSource {
  /** The one to show now. */
  current(): Credentials;
  /** Calls back with each new one; returns what ends that. */
  onChange(listener: (credentials: Credentials) => void): () => void;
}
