import { createSign } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { JsonObject } from "../src/model/json.ts";

/**
 * A service account token with other claims, signed again with the cluster's own key (path of its PEM): of the original everything
 * but those claims and the signature is left.
 */
export async function signedAgain(token: string, claims: JsonObject, serviceAccountKey: string): Promise<string> {
  const [header = "", payload = ""] = token.split(".");
  const before = JSON.parse(Buffer.from(payload, "base64url").toString()) as JsonObject;
  const body = `${header}.${Buffer.from(JSON.stringify({ ...before, ...claims })).toString("base64url")}`;
  // of an elliptic curve's two numbers a token has the bare bytes (RFC 7518 §3.4); for RSA this means nothing
  const key = { key: await readFile(serviceAccountKey), dsaEncoding: "ieee-p1363" } as const;
  return `${body}.${createSign("SHA256").update(body).sign(key, "base64url")}`;
}

/** Claims of a token that was good for an hour and is not any more. */
export function endedBefore(now: Date): JsonObject {
  const end = Math.floor(now.getTime() / 1000) - 60;
  return { iat: end - 3600, nbf: end - 3600, exp: end };
}
