import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../model/json.ts";
import type { AuthorityState } from "./authority-state.ts";
import { readCertificateSecret } from "./certificate-secret.ts";
import type { Credentials } from "./certificate-source.ts";
import { newLeaf, newRoot } from "./sign.ts";

const WHERE = "Secret door in namespace appmesh-system";
const HOUR = 3_600_000;
const POLICY = { rootLifetime: 24 * HOUR, leafLifetime: HOUR, settle: 0 };
const NOW = new Date();

let root: AuthorityState["active"];
let door: Credentials;
let other: Credentials;

beforeAll(async () => {
  root = { ...(await newRoot("test", POLICY, NOW)), since: NOW };
  [door, other] = [await leaf(NOW), await leaf(NOW)];
});

async function leaf(since: Date): Promise<Credentials> {
  return await newLeaf(root, { dnsNames: ["door.example.com"] }, POLICY, since);
}

function secret(data: Readonly<Record<string, string>>): JsonObject {
  const encoded = Object.entries(data).map(([field, text]) => [field, Buffer.from(text).toString("base64")]);
  return { apiVersion: "v1", kind: "Secret", type: "kubernetes.io/tls", data: Object.fromEntries(encoded) };
}

function whole(): Readonly<Record<string, string>> {
  return { "tls.crt": door.certificate, "tls.key": door.key, "ca.crt": root.certificate };
}

function key(type: "rsa" | "ed448" | "secp256k1"): string {
  const pair =
    type === "rsa"
      ? generateKeyPairSync("rsa", { modulusLength: 1024 })
      : type === "ed448"
        ? generateKeyPairSync("ed448")
        : generateKeyPairSync("ec", { namedCurve: type });
  return pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

test("a certificate with its key, and its authorities, are read, and when the first of them ends", () => {
  const { facts, shown, authorities, next } = readCertificateSecret(secret(whole()), WHERE, NOW);
  expect(facts).toEqual({ certificate: undefined, authority: undefined });
  expect([shown?.certificate, authorities]).toEqual([door.certificate, root.certificate]);
  expect(new X509Certificate(door.certificate).checkPrivateKey(createPrivateKey(shown?.key ?? ""))).toBe(true);
  expect(next).toEqual(new X509Certificate(door.certificate).validToDate);
});

test("nothing but certificates leaves as a certificate, whatever stands beside them", () => {
  const mixed = `# ${"x".repeat(10)}\n${door.key}\n${door.certificate}`;
  const data = { ...whole(), "tls.crt": mixed, "ca.crt": `${other.key}\n${root.certificate}` };
  const { shown, authorities } = readCertificateSecret(secret(data), WHERE, NOW);
  expect([shown?.certificate, authorities]).toEqual([door.certificate, root.certificate]);
});

describe("a certificate cannot be shown, and the message says why and never what was found", () => {
  test.each<[string, (() => Readonly<Record<string, string>>) | undefined, string]>([
    ["there is no Secret", undefined, `${WHERE} is not there`],
    ["it has none", () => ({ "tls.key": door.key }), `${WHERE} has no tls.crt`],
    ["it is empty", () => ({ "tls.crt": " ", "tls.key": door.key }), `${WHERE} has no tls.crt`],
    ["it has no key", () => ({ "tls.crt": door.certificate }), `${WHERE} has no tls.key`],
    [
      "it is no certificate",
      () => ({ ...whole(), "tls.crt": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" }),
      `tls.crt of ${WHERE} has no certificate that can be read`,
    ],
    ["the key is none", () => ({ ...whole(), "tls.key": "hunter2" }), `tls.key of ${WHERE} cannot be read as a key`],
    [
      "the key is another one's",
      () => ({ ...whole(), "tls.key": other.key }),
      `tls.key of ${WHERE} is not the key of the first certificate in tls.crt`,
    ],
    [
      "the chain begins with its authority",
      () => ({ ...whole(), "tls.crt": `${root.certificate}${door.certificate}` }),
      `tls.key of ${WHERE} is not the key of the first certificate in tls.crt`,
    ],
    [
      "the key is short",
      () => ({ ...whole(), "tls.key": key("rsa") }),
      `tls.key of ${WHERE} is RSA of 1024 bits, which Envoy does not take`,
    ],
    [
      "the key is of a kind that Envoy does not know",
      () => ({ ...whole(), "tls.key": key("ed448") }),
      `tls.key of ${WHERE} is of the type ed448, which Envoy does not take`,
    ],
    [
      "the key is of a curve that Envoy does not know",
      () => ({ ...whole(), "tls.key": key("secp256k1") }),
      `tls.key of ${WHERE} is of the curve secp256k1, which Envoy does not take`,
    ],
    [
      "there are too many",
      () => ({ ...whole(), "tls.crt": door.certificate.repeat(101) }),
      `tls.crt of ${WHERE} has 101 certificates`,
    ],
  ])("%s", (_, data, found) => {
    const { facts, shown } = readCertificateSecret(data && secret(data()), WHERE, NOW);
    expect([facts.certificate?.found, shown]).toEqual([found, undefined]);
    expect(JSON.stringify(facts)).not.toMatch(/hunter2|BEGIN|MII/);
  });
});

test("one that is over, or not yet, is said, and is shown all the same: who meets it judges", async () => {
  for (const [at, word] of [
    [NOW.getTime() - 3 * HOUR, "ended"],
    [NOW.getTime() + 3 * HOUR, "begins"],
  ] as const) {
    const odd = await leaf(new Date(at));
    const data = { ...whole(), "tls.crt": odd.certificate, "tls.key": odd.key };
    const { facts, shown } = readCertificateSecret(secret(data), WHERE, NOW);
    expect(facts.certificate?.found).toMatch(new RegExp(`^tls.crt of ${WHERE} ${word} at 2`));
    expect(shown?.certificate).toBe(odd.certificate);
  }
});

test("authorities that are missing, or all over, are said", async () => {
  expect(readCertificateSecret(secret({}), WHERE, NOW).facts.authority?.found).toBe(`${WHERE} has no ca.crt`);
  const old = await leaf(new Date(NOW.getTime() - 3 * HOUR));
  const over = secret({ "ca.crt": old.certificate });
  expect(readCertificateSecret(over, WHERE, NOW).facts.authority?.found).toContain(`ca.crt of ${WHERE} ended at`);
  const both = secret({ "ca.crt": `${old.certificate}${root.certificate}` });
  expect(readCertificateSecret(both, WHERE, NOW).facts.authority).toBeUndefined();
});
