import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** Object identifiers in the bytes of DER: ecdsa-with-SHA256, and the common name of a subject. */
const ECDSA_WITH_SHA256 = Buffer.from("2a8648ce3d040302", "hex");
const COMMON_NAME = Buffer.from("550403", "hex");
const SUBJECT_ALTERNATIVE_NAME = Buffer.from("551d11", "hex");

const NAME = "app";
const VALID_DAYS = 365;

/**
 * A key and a certificate for it, signed by itself, both PEM. For probes and clients that do not verify; written out by
 * hand (X.509 in DER, RFC 5280), because the image has Node.js and no package.
 */
export function selfSigned(now: Date = new Date()): { readonly key: string; readonly cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = sequence(der(0x06, ECDSA_WITH_SHA256));
  const name = sequence(der(0x31, sequence(der(0x06, COMMON_NAME), der(0x0c, Buffer.from(NAME)))));
  const names = sequence(...[NAME, "localhost"].map((dnsName) => der(0x82, Buffer.from(dnsName))));
  const extension = sequence(der(0x06, SUBJECT_ALTERNATIVE_NAME), der(0x04, names));
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    name,
    sequence(time(now, -1), time(now, VALID_DAYS)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(extension)),
  );
  const signature = sign("sha256", toBeSigned, privateKey);
  const certificate = sequence(toBeSigned, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = certificate.toString("base64").replace(/.{64}/g, "$&\n");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}

/** GeneralizedTime, so many days from now. */
function time(now: Date, days: number): Buffer {
  const at = new Date(now.getTime() + days * 86_400_000);
  return der(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]|\..*$/g, "")}Z`));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

/** Tag, length, content. Lengths up to 65,535, which no certificate of ours comes near. */
function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
