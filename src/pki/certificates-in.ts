import { X509Certificate } from "node:crypto";

/** The certificates of a PEM text, in their order; undefined when one of them cannot be read, or there is none. */
export function certificatesIn(pem: string): readonly X509Certificate[] | undefined {
  const texts = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g);
  if (texts === null) return undefined;
  try {
    return texts.map((text) => new X509Certificate(text));
  } catch {
    return undefined;
  }
}

/** Whether one of these roots signed the leaf. */
export function isSignedBy(leaf: X509Certificate, roots: readonly X509Certificate[]): boolean {
  return roots.some((root) => leaf.checkIssued(root) && leaf.verify(root.publicKey));
}
