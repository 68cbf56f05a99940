import { createPrivateKey, type KeyObject, type X509Certificate } from "node:crypto";
import type { CertificateSecretFacts, SecretFlaw } from "../model/certificate-secrets.ts";
import { type JsonObject, member, objectOf, stringOf } from "../model/json.ts";
import { certificatesIn } from "./certificates-in.ts";

/* What is in a Secret of the type kubernetes.io/tls that somebody made: a certificate with its key, and the authorities that signed it. */

/** A certificate chain, leaf first, and its key, PEM. */
export interface ShownCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** What was read of a Secret. What has a flaw is undefined, but for one that is over, or not yet: that is for whoever meets it to judge. */
export interface ReadCertificateSecret {
  readonly facts: CertificateSecretFacts;
  readonly shown: ShownCertificate | undefined;
  /** Trusted authorities, PEM. */
  readonly authorities: string | undefined;
  /** When something of this ends or begins; undefined: never. */
  readonly next: Date | undefined;
}

/** Certificates of one Secret that are read: each goes to every proxy that uses it. */
const MOST_CERTIFICATES = 100;

/** `object`: the Secret as it is stored; undefined: there is none. `where`: how messages call it. */
export function readCertificateSecret(object: JsonObject | undefined, where: string, now: Date): ReadCertificateSecret {
  if (object === undefined) {
    const flaw = { found: `${where} is not there`, help: "create it, of the type kubernetes.io/tls" };
    return { facts: { certificate: flaw, authority: flaw }, shown: undefined, authorities: undefined, next: undefined };
  }
  const data = objectOf(member(object, "data"));
  const own = certificateWithKey(data, where);
  const trusted = certificatesOf(data, "ca.crt", where);
  const ofOwn = "flaw" in own ? undefined : own.chain.at(0);
  const authorities = "flaw" in trusted ? undefined : trusted.certificates;
  const ends = [...(ofOwn === undefined ? [] : [ofOwn]), ...(authorities ?? [])].flatMap((one) => [
    one.validFromDate,
    one.validToDate,
  ]);
  return {
    facts: {
      certificate: "flaw" in own ? own.flaw : outOfTime(ofOwn, `tls.crt of ${where}`, now),
      authority: "flaw" in trusted ? trusted.flaw : allOutOfTime(trusted.certificates, where, now),
    },
    shown: "flaw" in own ? undefined : { certificate: pem(own.chain), key: pemOfKey(own.key) },
    authorities: authorities && pem(authorities),
    next: ends.filter((end) => end > now).toSorted((one, other) => one.getTime() - other.getTime())[0],
  };
}

type Flawed = { readonly flaw: SecretFlaw };

function certificateWithKey(
  data: JsonObject,
  where: string,
): Flawed | { readonly chain: readonly X509Certificate[]; readonly key: KeyObject } {
  const found = certificatesOf(data, "tls.crt", where);
  if ("flaw" in found) return found;
  const [leaf] = found.certificates;
  const text = textOf(data, "tls.key");
  const help = "store a PEM key of RSA, of a curve or of Ed25519 in it, without a password";
  if (text === undefined) return { flaw: { found: `${where} has no tls.key`, help } };
  const key = keyIn(text);
  if (key === undefined) return { flaw: { found: `tls.key of ${where} cannot be read as a key`, help } };
  const unfit = unfitKey(key);
  if (unfit !== undefined)
    return { flaw: { found: `tls.key of ${where} is ${unfit}, which Envoy does not take`, help } };
  if (leaf?.checkPrivateKey(key) === true) return { chain: found.certificates, key };
  const both = "store a certificate and its own key together, the certificate before those that signed it";
  return { flaw: { found: `tls.key of ${where} is not the key of the first certificate in tls.crt`, help: both } };
}

function certificatesOf(
  data: JsonObject,
  field: "tls.crt" | "ca.crt",
  where: string,
): Flawed | { readonly certificates: readonly X509Certificate[] } {
  const help = `store PEM certificates in ${field}`;
  const text = textOf(data, field);
  if (text === undefined) return { flaw: { found: `${where} has no ${field}`, help } };
  const certificates = certificatesIn(text);
  if (certificates === undefined) {
    return { flaw: { found: `${field} of ${where} has no certificate that can be read`, help } };
  }
  if (certificates.length <= MOST_CERTIFICATES) return { certificates };
  const found = `${field} of ${where} has ${certificates.length} certificates`;
  return { flaw: { found, help: `store at most ${MOST_CERTIFICATES}` } };
}

/** Undefined where there is nothing. */
function textOf(data: JsonObject, field: string): string | undefined {
  return (
    Buffer.from(stringOf(data[field]) ?? "", "base64")
      .toString()
      .trim() || undefined
  );
}

function keyIn(text: string): KeyObject | undefined {
  try {
    return createPrivateKey(text);
  } catch {
    return undefined;
  }
}

const CURVES = ["prime256v1", "secp384r1", "secp521r1"];
const LEAST_RSA_BITS = 2048;

/** What Envoy takes, as it is told which keys these may be (https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/security/ssl#certificate-selection); undefined: this. */
function unfitKey({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject): string | undefined {
  const { modulusLength = 0, namedCurve = "" } = asymmetricKeyDetails;
  if (asymmetricKeyType === "rsa") return modulusLength < LEAST_RSA_BITS ? `RSA of ${modulusLength} bits` : undefined;
  if (asymmetricKeyType === "ec") return CURVES.includes(namedCurve) ? undefined : `of the curve ${namedCurve}`;
  if (asymmetricKeyType === "ed25519") return undefined;
  return `of the type ${asymmetricKeyType}`;
}

function outOfTime(certificate: X509Certificate | undefined, what: string, now: Date): SecretFlaw | undefined {
  if (certificate === undefined) return undefined;
  const { validFromDate, validToDate } = certificate;
  const help = "renew it: it reaches the proxies by itself";
  if (validToDate <= now) return { found: `${what} ended at ${validToDate.toISOString()}`, help };
  if (validFromDate > now) return { found: `${what} begins at ${validFromDate.toISOString()}`, help };
  return undefined;
}

/** Of several authorities one that can be used is enough. */
function allOutOfTime(all: readonly X509Certificate[], where: string, now: Date): SecretFlaw | undefined {
  const flaws = all.map((one) => outOfTime(one, `ca.crt of ${where}`, now));
  return flaws.every((flaw) => flaw !== undefined) ? flaws[0] : undefined;
}

/** Written again, so that nothing else of the text goes anywhere, such as a key that stands beside a certificate. */
function pem(certificates: readonly X509Certificate[]): string {
  return certificates.map(String).join("");
}

function pemOfKey(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}
