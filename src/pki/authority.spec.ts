import { createPrivateKey, X509Certificate } from "node:crypto";
import type { AddressInfo } from "node:net";
import { createServer, connect as tlsConnect } from "node:tls";
import { expect, test } from "vitest";
import { createAuthority, issueLeaf } from "./authority.ts";
import { validFor } from "./key-pair.ts";

const NOW = new Date("2026-11-22T12:00:00Z");

test("a leaf names its hosts, is signed by the authority and fits its key", async () => {
  const authority = await createAuthority("test authority", validFor(10, NOW));
  const leaf = await issueLeaf(authority, {
    dnsNames: ["aws-app-mesh-inject.appmesh-inject.svc"],
    ipAddresses: ["127.0.0.1", "::1"],
    usage: "server",
    validity: validFor(1, NOW),
  });
  const certificate = new X509Certificate(leaf.certificate);
  const root = new X509Certificate(authority.certificate);
  expect(certificate.checkHost("aws-app-mesh-inject.appmesh-inject.svc")).toBeDefined();
  expect(certificate.checkIP("127.0.0.1")).toBeDefined();
  expect(certificate.checkIP("::1")).toBeDefined();
  expect(certificate.checkHost("elsewhere.example")).toBeUndefined();
  expect(certificate.checkPrivateKey(createPrivateKey(leaf.key))).toBe(true);
  expect(certificate.verify(root.publicKey)).toBe(true);
  expect(certificate.checkIssued(root)).toBe(true);
  expect(certificate.ca).toBe(false);
  expect(root.ca).toBe(true);
});

test("the validity is the one asked for, with room for a clock that is behind", async () => {
  const authority = await createAuthority("test authority", validFor(10, NOW));
  const root = new X509Certificate(authority.certificate);
  expect(new Date(root.validFrom).toISOString()).toBe("2026-11-22T11:55:00.000Z");
  expect(new Date(root.validTo).toISOString()).toBe("2026-12-02T12:00:00.000Z");
});

test("a TLS client that trusts the authority accepts the leaf, one that trusts another does not", async () => {
  const now = new Date();
  const authority = await createAuthority("trusted", validFor(1, now));
  const other = await createAuthority("trusted", validFor(1, now));
  const leaf = await issueLeaf(authority, { ipAddresses: ["127.0.0.1"], usage: "server", validity: validFor(1, now) });
  const server = createServer({ cert: leaf.certificate, key: leaf.key }, (socket) => socket.end());
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await expect(handshake(port, authority.certificate)).resolves.toBe("authorized");
    await expect(handshake(port, other.certificate)).rejects.toThrow(/certificate/);
  } finally {
    server.close();
  }
});

test("a leaf without any name is refused", async () => {
  const authority = await createAuthority("test authority", validFor(1, NOW));
  await expect(issueLeaf(authority, { usage: "server", validity: validFor(1, NOW) })).rejects.toThrow(
    "at least one DNS name",
  );
});

test("an address that is not one is refused", async () => {
  const authority = await createAuthority("test authority", validFor(1, NOW));
  const request = { ipAddresses: ["not-an-address"], usage: "server", validity: validFor(1, NOW) } as const;
  await expect(issueLeaf(authority, request)).rejects.toThrow();
});

function handshake(port: number, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = tlsConnect({ port, host: "127.0.0.1", ca }, () => {
      resolve(socket.authorized ? "authorized" : "not authorized");
      socket.destroy();
    });
    socket.on("error", reject);
  });
}
