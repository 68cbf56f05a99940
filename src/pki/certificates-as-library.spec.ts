import "reflect-metadata";
import { webcrypto, X509Certificate } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { beforeAll, describe, expect, test } from "vitest";
import { type Authority, createAuthority, issueLeaf, type LeafRequest } from "./authority.ts";
import { SIGNING, validFor } from "./key-pair.ts";

/* What we write, held against a library for certificates of all kinds, by which release 0.1.0 wrote its own. */

const NOW = new Date("2026-11-22T12:00:00Z");
const REQUEST: LeafRequest = {
  dnsNames: ["outrigger.appmesh-system.svc", "*.example.com"],
  ipAddresses: ["127.0.0.1", "fd00::1"],
  uris: ["spiffe://shop/cart"],
  usage: "server",
  validity: validFor(1, NOW),
};

beforeAll(() => x509.cryptoProvider.set(webcrypto));

test("the library reads an authority of ours as it is meant", async () => {
  const { certificate } = await createAuthority("Outrigger, täglich", validFor(3650 * 8, NOW));
  const read = new x509.X509Certificate(certificate);
  expect(read.subjectName.getField("CN")).toEqual(["Outrigger, täglich"]);
  expect(read.issuer).toBe(read.subject);
  expect(read.notBefore).toEqual(new Date("2026-11-22T11:55:00Z"));
  expect(read.notAfter.getUTCFullYear()).toBe(2106);
  expect(read.getExtension(x509.BasicConstraintsExtension)).toMatchObject({ ca: true, pathLength: 0, critical: true });
  const usages = read.getExtension(x509.KeyUsagesExtension);
  expect(usages).toMatchObject({ usages: x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, critical: true });
  expect(await read.isSelfSigned()).toBe(true);
  expect(read.serialNumber).toMatch(/^[4-7][0-9a-f]{31}$/);
  const ofLibrary = await x509.SubjectKeyIdentifierExtension.create(read.publicKey);
  expect(read.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId).toBe(ofLibrary.keyId);
});

test.each(["server", "client"] as const)("the library reads a leaf of ours as it is meant: %s", async (usage) => {
  const authority = await createAuthority("authority", validFor(10, NOW));
  const leaf = new x509.X509Certificate((await issueLeaf(authority, { ...REQUEST, usage })).certificate);
  const root = new x509.X509Certificate(authority.certificate);
  expect(leaf.subject).toBe("");
  expect(leaf.issuer).toBe(root.subject);
  expect(leaf.getExtension(x509.SubjectAlternativeNameExtension)).toMatchObject({ critical: true });
  expect(leaf.getExtension(x509.SubjectAlternativeNameExtension)?.names.toJSON()).toEqual([
    { type: "dns", value: "outrigger.appmesh-system.svc" },
    { type: "dns", value: "*.example.com" },
    { type: "ip", value: "127.0.0.1" },
    { type: "ip", value: expect.stringMatching(/^fd00:/) },
    { type: "url", value: "spiffe://shop/cart" },
  ]);
  expect(leaf.getExtension(x509.BasicConstraintsExtension)).toMatchObject({ ca: false, critical: true });
  expect(leaf.getExtension(x509.KeyUsagesExtension)?.usages).toBe(x509.KeyUsageFlags.digitalSignature);
  const purpose = usage === "server" ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth;
  expect(leaf.getExtension(x509.ExtendedKeyUsageExtension)?.usages).toEqual([purpose]);
  expect(leaf.getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId).toBe(
    root.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId,
  );
  expect(await leaf.verify({ publicKey: root.publicKey, date: NOW })).toBe(true);
});

describe("an authority that others made signs as well:", () => {
  test.each<[string, x509.Extension[]]>([
    ["with a key identifier of its own", [new x509.SubjectKeyIdentifierExtension("0102030405060708")]],
    ["without a key identifier", []],
  ])("%s", async (_, extensions) => {
    const authority = await foreignAuthority(extensions);
    const leaf = new X509Certificate((await issueLeaf(authority, REQUEST)).certificate);
    const root = new X509Certificate(authority.certificate);
    expect(leaf.checkIssued(root)).toBe(true);
    expect(leaf.verify(root.publicKey)).toBe(true);
    expect(leaf.issuer).toBe(root.subject);
  });
});

test.each(["", "with blank.example", "line\nend.example", "ümlaut.example"])(
  "a name that cannot stand in a certificate is refused: %j",
  async (name) => {
    const authority = await createAuthority("authority", validFor(10, NOW));
    await expect(issueLeaf(authority, { ...REQUEST, dnsNames: [name] })).rejects.toThrow(
      "is no name for a certificate",
    );
  },
);

async function foreignAuthority(extensions: x509.Extension[]): Promise<Authority> {
  const keys = (await webcrypto.subtle.generateKey(SIGNING, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=somebody, O=Example, C=DE",
    notBefore: NOW,
    notAfter: new Date(NOW.getTime() + 86_400_000),
    signingAlgorithm: SIGNING,
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true), ...extensions],
  });
  return { certificate: certificate.toString("pem"), key: keys.privateKey };
}
