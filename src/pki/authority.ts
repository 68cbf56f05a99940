import { createHash, randomBytes, type webcrypto, X509Certificate } from "node:crypto";
import { addressBytes } from "./address-bytes.ts";
import {
  bitString,
  der,
  derValues,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  TRUE,
  time,
  utf8String,
} from "./der.ts";
import { newKeys, pem, pemOfKey, publicKeyInfo, signed, type Validity } from "./key-pair.ts";

/* Certificates are written here, by RFC 5280: two kinds, with few fields. A library for all that certificates can be is 230
 * modules, a third of the time that a control plane took to start. */

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

/** RFC 5280 §4.2.1. */
const EXTENSION = {
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAlternativeName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
} as const;
const COMMON_NAME = "2.5.4.3";
const ECDSA_WITH_SHA256 = sequence(objectIdentifier("1.2.840.10045.4.3.2"));
const PURPOSE = { server: "1.3.6.1.5.5.7.3.1", client: "1.3.6.1.5.5.7.3.2" } as const;
/** RFC 5280 §4.2.1.3: bits 5 (certificates) and 6 (lists of revoked ones) for an authority, bit 0 for a leaf. */
const KEY_USAGE = { authority: bitString(Buffer.of(0x06), 1), leaf: bitString(Buffer.of(0x80), 7) } as const;
const NO_SUBJECT = sequence();

/** Makes a self-signed authority with a new P-256 key that may sign leaves only (path length 0, RFC 5280 §4.2.1.9). */
export async function createAuthority(commonName: string, validity: Validity): Promise<Authority> {
  const { publicKey, privateKey } = await newKeys();
  const name = sequence(set(sequence(objectIdentifier(COMMON_NAME), utf8String(commonName))));
  const key = await publicKeyInfo(publicKey);
  const certificate = await certificateOf(
    { issuer: name, subject: name, validity, ...key },
    [
      critical("basicConstraints", sequence(TRUE, integer(Buffer.of(0)))),
      critical("keyUsage", KEY_USAGE.authority),
      extension("subjectKeyIdentifier", octetString(keyIdentifier(key.bits))),
    ],
    privateKey,
  );
  return { certificate, key: privateKey };
}

/** Makes a new P-256 key and a certificate for it, signed by the authority. Throws a TypeError for a name that is none. */
export async function issueLeaf(authority: Authority, request: LeafRequest): Promise<Leaf> {
  const names = subjectAlternativeNames(request);
  const { publicKey, privateKey } = await newKeys();
  const issuer = issuerOf(authority.certificate);
  const key = await publicKeyInfo(publicKey);
  const certificate = await certificateOf(
    { issuer: issuer.name, subject: NO_SUBJECT, validity: request.validity, ...key },
    [
      critical("basicConstraints", sequence()),
      critical("keyUsage", KEY_USAGE.leaf),
      extension("extendedKeyUsage", sequence(objectIdentifier(PURPOSE[request.usage]))),
      // Critical because the subject is empty: RFC 5280 §4.2.1.6.
      critical("subjectAlternativeName", sequence(...names)),
      extension("subjectKeyIdentifier", octetString(keyIdentifier(key.bits))),
      extension("authorityKeyIdentifier", sequence(der(CONTEXT, issuer.keyIdentifier))),
    ],
    authority.key,
  );
  return { certificate, key: await pemOfKey(privateKey) };
}

/** Tags of a field by its number, of one value and of several. */
const CONTEXT = 0x80;
const CONTEXT_OF_SEVERAL = 0xa0;

interface CertificateFields {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly validity: Validity;
  readonly publicKeyInfo: Buffer;
}

/** RFC 5280 §4.1, as PEM. */
async function certificateOf(
  { issuer, subject, validity, publicKeyInfo }: CertificateFields,
  extensions: readonly Buffer[],
  key: webcrypto.CryptoKey,
): Promise<string> {
  const version3 = der(CONTEXT_OF_SEVERAL, integer(Buffer.of(2)));
  const content = sequence(
    version3,
    integer(serialNumber()),
    ECDSA_WITH_SHA256,
    issuer,
    sequence(time(validity.notBefore), time(validity.notAfter)),
    subject,
    publicKeyInfo,
    der(CONTEXT_OF_SEVERAL + 3, sequence(...extensions)),
  );
  const { r, s } = await signed(key, content);
  const signature = bitString(sequence(integer(r), integer(s)));
  return pem("CERTIFICATE", sequence(content, ECDSA_WITH_SHA256, signature));
}

function critical(name: keyof typeof EXTENSION, value: Buffer): Buffer {
  return sequence(objectIdentifier(EXTENSION[name]), TRUE, octetString(value));
}

function extension(name: keyof typeof EXTENSION, value: Buffer): Buffer {
  return sequence(objectIdentifier(EXTENSION[name]), octetString(value));
}

/** Tags of a general name: RFC 5280 §4.2.1.6. */
const GENERAL_NAME = { dns: CONTEXT + 2, uri: CONTEXT + 6, ip: CONTEXT + 7 } as const;

function subjectAlternativeNames({ dnsNames = [], ipAddresses = [], uris = [] }: LeafRequest): Buffer[] {
  const names = [
    ...dnsNames.map((name) => der(GENERAL_NAME.dns, visible(name))),
    ...ipAddresses.map((address) => der(GENERAL_NAME.ip, addressBytes(address))),
    ...uris.map((uri) => der(GENERAL_NAME.uri, visible(uri))),
  ];
  if (names.length === 0) throw new TypeError("a leaf certificate needs at least one DNS name, IP address or URI");
  return names;
}

/** Names are written in ASCII; a control character could end one early for some readers. */
function visible(name: string): Buffer {
  if (!/^[\x21-\x7e]+$/.test(name)) throw new TypeError(`${JSON.stringify(name)} is no name for a certificate`);
  return Buffer.from(name, "ascii");
}

/** What a leaf has to repeat of its issuer, byte for byte: its name, and what it calls its key. */
function issuerOf(certificate: string): { readonly name: Buffer; readonly keyIdentifier: Buffer } {
  const { raw } = new X509Certificate(certificate);
  const [whole] = derValues(raw);
  const [content] = derValues(whole?.content ?? raw);
  // version, serial number, algorithm, issuer, validity, subject, key, and somewhere behind them the extensions
  const [, , , , , subject, publicKeyInfo, ...rest] = derValues(content?.content ?? raw);
  if (subject === undefined || publicKeyInfo === undefined)
    throw new TypeError("the authority is no certificate of version 3");
  const extensions = rest.find(({ tag }) => tag === CONTEXT_OF_SEVERAL + 3);
  const [list] = derValues(extensions?.content ?? Buffer.of());
  const wanted = objectIdentifier(EXTENSION.subjectKeyIdentifier);
  const found = derValues(list?.content ?? Buffer.of()).find(({ content }) =>
    content.subarray(0, wanted.length).equals(wanted),
  );
  const value = found && derValues(found.content).at(-1);
  const [identifier] = derValues(value?.content ?? Buffer.of());
  const [, bits] = derValues(publicKeyInfo.content);
  return {
    name: subject.whole,
    keyIdentifier: identifier?.content ?? keyIdentifier(bits?.content.subarray(1) ?? Buffer.of()),
  };
}

/** RFC 5280 §4.2.1.2, the first way. SHA-1 names the key here, it proves nothing. */
function keyIdentifier(bits: Uint8Array): Buffer {
  return createHash("sha1").update(bits).digest();
}

/** 16 random bytes, positive: RFC 5280 §4.1.2.2 allows 20. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}
