import { createPrivateKey, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { selfSigned } from "./self-signed.ts";

describe("selfSigned", () => {
  it("makes a certificate that fits its key, names and time, as another reader of X.509 sees it", () => {
    const { key, cert } = selfSigned(new Date("2026-03-01T10:20:30Z"));
    const certificate = new X509Certificate(cert);
    expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkHost("localhost")).toBe("localhost");
    expect(certificate.checkHost("elsewhere")).toBeUndefined();
    expect(certificate.subject).toBe("CN=app");
    expect(new Date(certificate.validFrom)).toEqual(new Date("2026-02-28T10:20:30Z"));
    expect(new Date(certificate.validTo)).toEqual(new Date("2027-03-01T10:20:30Z"));
  });

  it("makes another key and number each time", () => {
    const [one, two] = [selfSigned(), selfSigned()].map(({ cert }) => new X509Certificate(cert));
    expect(one?.serialNumber).not.toBe(two?.serialNumber);
    expect(one?.verify(two?.publicKey ?? one.publicKey)).toBe(false);
  });
});
