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

/** Makes one cluster's certificates, EC P-256, valid from an hour ago for a year. */
export async function makeCertificates(now: Date): Promise<ClusterCertificates> {
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

  const issue = async (subject: string, usage: string, extensions: readonly x509.Extension[]): Promise<KeyPairPem> => {
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
        new x509.ExtendedKeyUsageExtension([usage]),
        ...extensions,
      ],
    });
    return { cert: certificate.toString("pem"), key: await privateKeyPem(keys.privateKey) };
  };

  const server = await issue("CN=kube-apiserver", x509.ExtendedKeyUsage.serverAuth, [
    new x509.SubjectAlternativeNameExtension([
      { type: "ip", value: "127.0.0.1" },
      { type: "dns", value: "localhost" },
      { type: "dns", value: "kubernetes.default.svc" },
    ]),
  ]);
  const admin = await issue("O=system:masters, CN=admin", x509.ExtendedKeyUsage.clientAuth, []);
  const serviceAccount = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  return { ca: ca.toString("pem"), server, admin, serviceAccount };
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey("pkcs8", key);
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`;
}
