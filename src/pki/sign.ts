import { X509Certificate } from "node:crypto";
import { createAuthority, issueLeaf } from "./authority.ts";
import { certificateFacts } from "./authority-format.ts";
import type { ActiveRoot, NewRoot } from "./authority-state.ts";
import type { Credentials } from "./certificate-source.ts";
import { keyOfPem, pemOfKey, validUntil } from "./key-pair.ts";
import type { AuthorityPolicy } from "./policy.ts";

/** Whom a server's leaf names; at least one DNS name or address. */
export interface LeafNames {
  readonly dnsNames: readonly string[];
  readonly ipAddresses?: readonly string[];
}

/** Makes a root with a key of its own. Its name carries the instant, so that no two roots of an authority have the same one. */
export async function newRoot(
  commonName: string,
  { rootLifetime }: Pick<AuthorityPolicy, "rootLifetime">,
  now: Date,
): Promise<NewRoot> {
  const notAfter = new Date(now.getTime() + rootLifetime);
  const authority = await createAuthority(`${commonName} ${now.toISOString()}`, validUntil(notAfter, now));
  const facts = certificateFacts(authority.certificate);
  if (facts === undefined) throw new TypeError("the certificate that was just made is none of an authority");
  return { ...facts, key: await pemOfKey(authority.key) };
}

/** Makes a server's leaf, signed by the root, for `policy.leafLifetime` but not beyond the root's end. */
export async function newLeaf(
  root: ActiveRoot,
  names: LeafNames,
  policy: AuthorityPolicy,
  now: Date,
): Promise<Credentials> {
  const notAfter = new Date(Math.min(now.getTime() + policy.leafLifetime, root.notAfter.getTime()));
  const authority = { certificate: root.certificate, key: await keyOfPem(root.key) };
  const { certificate, key } = await issueLeaf(authority, {
    ...names,
    usage: "server",
    validity: validUntil(notAfter, now),
  });
  const { fingerprint256, validTo } = new X509Certificate(certificate);
  return { certificate, key, notAfter: new Date(validTo), fingerprint: fingerprint256 };
}
