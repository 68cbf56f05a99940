import { randomUUID, webcrypto } from "node:crypto";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** Of a key, as `subtle.generateKey` takes it. */
export type KeyAlgorithm = webcrypto.EcKeyGenParams | webcrypto.RsaHashedKeyGenParams | { readonly name: "Ed25519" };
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** A certificate with its key, in PEM. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
}

/** An authority of one test. */
export interface TestAuthority {
  readonly pem: string;
  readonly issue: (...names: readonly x509.JsonGeneralName[]) => Promise<ServerCertificate>;
  /** One with a key of another kind than P-256. */
  readonly issueFor: (algorithm: KeyAlgorithm, ...names: readonly x509.JsonGeneralName[]) => Promise<ServerCertificate>;
  /** One that ended an hour ago. */
  readonly issueEnded: (...names: readonly x509.JsonGeneralName[]) => Promise<ServerCertificate>;
}

/** Makes a root that issues server certificates for a day. */
export async function testAuthority(): Promise<TestAuthority> {
  const keys = await generateKeys();
  const name = `CN=Root ${randomUUID()}`;
  const validity = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) };
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity,
    name,
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
  });
  return {
    pem: root.toString("pem"),
    issue: (...names) => issue(names, validity),
    issueFor: (algorithm, ...names) => issue(names, validity, algorithm),
    issueEnded: (...names) => issue(names, { ...validity, notAfter: new Date(Date.now() - HOUR_MS) }),
  };

  async function issue(
    names: readonly x509.JsonGeneralName[],
    valid: typeof validity,
    algorithm: KeyAlgorithm = ALGORITHM,
  ): Promise<ServerCertificate> {
    const leaf = await generateKeys(algorithm);
    const certificate = await x509.X509CertificateGenerator.create({
      ...valid,
      subject: "CN=server",
      issuer: name,
      publicKey: leaf.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: [new x509.SubjectAlternativeNameExtension([...names])],
    });
    return { cert: certificate.toString("pem"), key: await privateKeyPem(leaf.privateKey) };
  }
}

async function generateKeys(algorithm: KeyAlgorithm = ALGORITHM): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  const bytes = await webcrypto.subtle.exportKey("pkcs8", key);
  return x509.PemConverter.encode(bytes, "PRIVATE KEY");
}
