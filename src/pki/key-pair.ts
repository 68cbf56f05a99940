import { createPrivateKey, webcrypto } from "node:crypto";

/** P-256 with SHA-256: the cheapest handshake that every client of a Kubernetes API server accepts. */
export const SIGNING = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** From when to when a certificate holds. */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const DAY = 86_400_000;
/** Clocks of a client and ours may differ: a certificate holds from a little before it was made. */
const CLOCK_SKEW = 5 * 60_000;

/** A validity of so many days from `now`. */
export function validFor(days: number, now: Date): Validity {
  return validUntil(new Date(now.getTime() + days * DAY), now);
}

/** A validity from `now` to an instant. */
export function validUntil(notAfter: Date, now: Date): Validity {
  return { notBefore: new Date(now.getTime() - CLOCK_SKEW), notAfter };
}

/** How long a certificate was made for, in milliseconds. */
export function lifetimeOf({ notBefore, notAfter }: Validity): number {
  return notAfter.getTime() - notBefore.getTime() - CLOCK_SKEW;
}

export async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(SIGNING, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
}

/** A public key as certificates have it: with its algorithm, and the bits of the key alone. */
export interface PublicKeyInfo {
  readonly publicKeyInfo: Buffer;
  readonly bits: Buffer;
}

/** An uncompressed point of P-256. */
const POINT_BYTES = 65;

export async function publicKeyInfo(key: webcrypto.CryptoKey): Promise<PublicKeyInfo> {
  const publicKeyInfo = Buffer.from(await webcrypto.subtle.exportKey("spki", key));
  return { publicKeyInfo, bits: publicKeyInfo.subarray(-POINT_BYTES) };
}

/** The two numbers of an ECDSA signature with SHA-256. */
export async function signed(
  key: webcrypto.CryptoKey,
  content: Buffer,
): Promise<{ readonly r: Buffer; readonly s: Buffer }> {
  const both = Buffer.from(await webcrypto.subtle.sign(SIGNING, key, content));
  return { r: both.subarray(0, both.length / 2), s: both.subarray(both.length / 2) };
}

/** The private key as PKCS #8 PEM. */
export async function pemOfKey(key: webcrypto.CryptoKey): Promise<string> {
  return pem("PRIVATE KEY", Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key)));
}

/** RFC 7468. */
export function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** A private key that signs, from PKCS #8 PEM. Rejects when it is not a P-256 key. */
export async function keyOfPem(pem: string): Promise<webcrypto.CryptoKey> {
  const bytes = createPrivateKey(pem).export({ type: "pkcs8", format: "der" });
  return await webcrypto.subtle.importKey("pkcs8", bytes, SIGNING, false, ["sign"]);
}
