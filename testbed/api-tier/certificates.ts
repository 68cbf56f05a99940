import "reflect-metadata"; // @peculiar/x509 needs it loaded first
import { generateKeyPairSync, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;

/** A certificate with its private key, both PEM. */
export interface KeyPairPem {
  readonly cert: string;
  readonly key: string;
}

export interface ClusterCertificates {
  /** The authority's certificate, PEM: signs the server and all clients. */
  readonly ca: string;
  /** Serving certificate of the API server for 127.0.0.1 and localhost. */
  readonly server: KeyPairPem;
  /** Client certificate of group `system:masters`. */
  readonly admin: KeyPairPem;
  /** Signs service account tokens; PKCS#8 and SPKI, PEM. */
  readonly serviceAccount: { readonly privateKey: string; readonly publicKey: string };
}

/** An authority of a cluster, able to sign until it is forgotten. */
export interface Authority extends KeyPairPem {
  /**
   * Signs a certificate with a new key for the subject, an X.500 name such as `O=system:masters, CN=admin`.
   * `names` make it a server's; without them it is a client's.
   */
  readonly issue: (
    subject: string,
    usages: readonly CertificateUsage[],
    names?: CertificateNames,
  ) => Promise<KeyPairPem>;
}

export type CertificateUsage = "client" | "server";

/** What a server is called by those who dial it. */
export interface CertificateNames {
  readonly ips: readonly string[];
  readonly dns: readonly string[];
}

/** Makes an authority; it and all that it signs use EC P-256 and are valid from an hour before `now` for a year. */
export async function makeAuthority(now: Date): Promise<Authority> {
  const caKeys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const validity = { notBefore: new Date(now.getTime() - 3_600_000), notAfter: new Date(now.getTime() + 365 * DAY_MS) };
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=outrigger-testbed",
    keys: caKeys,
    signingAlgorithm: ALGORITHM,
    ...validity,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  return {
    cert: ca.toString("pem"),
    key: await privateKeyPem(caKeys.privateKey),
    async issue(subject, usages, names) {
      const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
      const certificate = await x509.X509CertificateGenerator.create({
        subject,
        issuer: ca.subject,
        publicKey: keys.publicKey,
        signingKey: caKeys.privateKey,
        signingAlgorithm: ALGORITHM,
        ...validity,
        extensions: [
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension(usages.map((usage) => USAGES[usage])),
          ...(names === undefined ? [] : [alternativeNames(names)]),
        ],
      });
      return { cert: certificate.toString("pem"), key: await privateKeyPem(keys.privateKey) };
    },
  };
}

const USAGES = { client: x509.ExtendedKeyUsage.clientAuth, server: x509.ExtendedKeyUsage.serverAuth } as const;

function alternativeNames({ ips, dns }: CertificateNames): x509.SubjectAlternativeNameExtension {
  return new x509.SubjectAlternativeNameExtension([
    ...ips.map((value) => ({ type: "ip" as const, value })),
    ...dns.map((value) => ({ type: "dns" as const, value })),
  ]);
}

/** Makes the certificates of an API tier. */
export async function makeCertificates(now: Date): Promise<ClusterCertificates> {
  const authority = await makeAuthority(now);
  const server = await authority.issue("CN=kube-apiserver", ["server"], {
    ips: ["127.0.0.1"],
    dns: ["localhost", "kubernetes.default.svc"],
  });
  const admin = await authority.issue("O=system:masters, CN=admin", ["client"]);
  const serviceAccount = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  return { ca: authority.cert, server, admin, serviceAccount };
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey("pkcs8", key);
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`;
}
