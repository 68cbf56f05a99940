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

/** Fingerprints of the roots in a PEM text; empty when it cannot be read. */
export function rootsIn(pem: string): ReadonlySet<string> {
  return new Set((certificatesIn(pem) ?? []).map(({ fingerprint256 }) => fingerprint256));
}

/** Whether one of these roots signed the leaf. */
export function isSignedBy(leaf: X509Certificate, roots: readonly X509Certificate[]): boolean {
  return roots.some((root) => leaf.checkIssued(root) && leaf.verify(root.publicKey));
}

/** `3 days`, `5 h`, `2 min`: for a person, rounded down. */
export function durationText(milliseconds: number): string {
  const minutes = Math.floor(Math.abs(milliseconds) / 60_000);
  if (minutes >= 2 * 24 * 60) return `${Math.floor(minutes / 1440)} days`;
  if (minutes >= 120) return `${Math.floor(minutes / 60)} h`;
  return minutes >= 2 ? `${minutes} min` : `${Math.floor(Math.abs(milliseconds) / 1000)} s`;
}
