import { certificatesIn } from "../../pki/certificates-in.ts";

/** Fingerprints of the roots in a PEM text; empty when it cannot be read. */
export function rootsIn(pem: string): ReadonlySet<string> {
  return new Set((certificatesIn(pem) ?? []).map(({ fingerprint256 }) => fingerprint256));
}
