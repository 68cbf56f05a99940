import { createPrivateKey, createPublicKey, sign, verify, X509Certificate } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { type ClusterCertificates, makeCertificates } from "./certificates.ts";
import { adminKubeconfig } from "./kubeconfig.ts";

const NOW = new Date("2030-06-01T12:00:00Z");
let certificates: ClusterCertificates;

beforeAll(async () => {
  certificates = await makeCertificates(NOW);
});

test("the authority signed the server's and the administrator's certificate, and is one", () => {
  const ca = new X509Certificate(certificates.ca);
  expect(ca.ca).toBe(true);
  for (const { cert, key } of [certificates.server, certificates.admin]) {
    const leaf = new X509Certificate(cert);
    expect(leaf.verify(ca.publicKey)).toBe(true);
    expect(leaf.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(leaf.ca).toBe(false);
  }
});

test("the server's certificate is for loopback, the administrator's for system:masters", () => {
  const server = new X509Certificate(certificates.server.cert);
  expect(server.checkIP("127.0.0.1")).toBe("127.0.0.1");
  expect(server.checkIP("127.0.0.2")).toBeUndefined();
  expect(new X509Certificate(certificates.admin.cert).subject).toContain("O=system:masters");
});

test("all are valid from an hour before to a year after", () => {
  for (const pem of [certificates.ca, certificates.server.cert, certificates.admin.cert]) {
    const { validFromDate, validToDate } = new X509Certificate(pem);
    expect(validFromDate.toISOString()).toBe("2030-06-01T11:00:00.000Z");
    expect(validToDate.toISOString()).toBe("2031-06-01T12:00:00.000Z");
  }
});

test("the key for service account tokens is a pair", () => {
  const { privateKey, publicKey } = certificates.serviceAccount;
  const signature = sign("sha256", Buffer.from("token"), createPrivateKey(privateKey));
  expect(verify("sha256", Buffer.from("token"), createPublicKey(publicKey), signature)).toBe(true);
});

test("the kubeconfig holds the server and the credentials inline", () => {
  const config = JSON.parse(adminKubeconfig("https://127.0.0.1:1234", certificates));
  expect(config.clusters[0].cluster.server).toBe("https://127.0.0.1:1234");
  expect(Buffer.from(config.users[0].user["client-key-data"], "base64").toString()).toBe(certificates.admin.key);
  expect(config["current-context"]).toBe(config.contexts[0].name);
});
