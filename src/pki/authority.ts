import "reflect-metadata";
import { randomBytes, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { pemOfKey, SIGNING, type Validity } from "./key-pair.ts";

x509.cryptoProvider.set(webcrypto);

/** A certificate authority: its certificate as PEM, and the key it signs with. */
export interface Authority {
  readonly certificate: string;
  readonly key: webcrypto.CryptoKey;
}

/** A certificate with its private key, both PEM; the chain starts with the leaf. */
export interface Leaf {
  readonly certificate: string;
  readonly key: string;
}

/** Whom a leaf certificate names and what for. At least one name is needed, for clients ignore the subject. */
export interface LeafRequest {
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly uris?: readonly string[];
  readonly usage: "server" | "client";
  readonly validity: Validity;
}

/** Makes a self-signed authority with a new P-256 key that may sign leaves only (path length 0, RFC 5280 §4.2.1.9). */
export async function createAuthority(commonName: string, validity: Validity): Promise<Authority> {
  const keys = (await webcrypto.subtle.generateKey(SIGNING, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const subject = new x509.Name([{ CN: [commonName] }]).toString();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: subject,
    notBefore: validity.notBefore,
    notAfter: validity.notAfter,
    signingAlgorithm: SIGNING,
    keys: keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: `${certificate.toString("pem")}\n`, key: keys.privateKey };
}

/** Makes a new P-256 key and a certificate for it, signed by the authority. */
export async function issueLeaf(authority: Authority, request: LeafRequest): Promise<Leaf> {
  const keys = (await webcrypto.subtle.generateKey(SIGNING, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const names = subjectAlternativeNames(request);
  const issuer = new x509.X509Certificate(authority.certificate);
  const usage = request.usage === "server" ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: "",
    issuer: issuer.subject,
    notBefore: request.validity.notBefore,
    notAfter: request.validity.notAfter,
    signingAlgorithm: SIGNING,
    publicKey: keys.publicKey,
    signingKey: authority.key,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([usage]),
      // Critical because the subject is empty: RFC 5280 §4.2.1.6.
      new x509.SubjectAlternativeNameExtension(names, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  });
  return { certificate: `${certificate.toString("pem")}\n`, key: await pemOfKey(keys.privateKey) };
}

function subjectAlternativeNames(request: LeafRequest): x509.JsonGeneralNames {
  const names: x509.JsonGeneralNames = [
    ...(request.dnsNames ?? []).map((value) => ({ type: "dns" as const, value })),
    ...(request.ipAddresses ?? []).map((value) => ({ type: "ip" as const, value })),
    ...(request.uris ?? []).map((value) => ({ type: "url" as const, value })),
  ];
  if (names.length === 0) throw new TypeError("a leaf certificate needs at least one DNS name, IP address or URI");
  return names;
}

/** 16 random bytes, positive: RFC 5280 §4.1.2.2 allows 20. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString("hex");
}
