import { createSign, generateKeyPairSync } from "node:crypto";
import type { JsonObject } from "../src/model/json.ts";

/** Issues tokens as an API server does. */
export interface TokenIssuer {
  readonly name: string;
  readonly jwk: JsonObject;
  /** The token of the pod with this number. */
  tokenOf(index: number): string;
}

export function tokenIssuer(): TokenIssuer {
  const name = "https://kubernetes.default.svc";
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = { ...(publicKey.export({ format: "jwk" }) as JsonObject), kid: "bench", use: "sig", alg: "RS256" };
  return {
    name,
    jwk,
    tokenOf(index) {
      const seconds = Math.floor(Date.now() / 1000);
      const bearer = {
        namespace: "bench",
        pod: { name: `web-${index}`, uid: `uid-${index}` },
        serviceaccount: { name: "default", uid: "s" },
      };
      const times = { exp: seconds + 3600, nbf: seconds, iat: seconds };
      const claims = { iss: name, aud: ["outrigger.dev/xds"], ...times, "kubernetes.io": bearer };
      const signed = [{ alg: "RS256", kid: "bench" }, claims]
        .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
        .join(".");
      return `${signed}.${createSign("sha256").update(signed).sign(privateKey, "base64url")}`;
    },
  };
}
