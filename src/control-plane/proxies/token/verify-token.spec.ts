import { createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import type { KubeClient } from "../../../kube/client.ts";
import { KubeError } from "../../../kube/kube-error.ts";
import type { JsonObject } from "../../../model/json.ts";
import type { StreamClosed } from "../../../xds/serve/stream-closed.ts";
import { CONTROL_PLANE_LIMITS } from "../../limits.ts";
import { RefusedTokens } from "./refused-tokens.ts";
import { SigningKeys } from "./signing-keys.ts";
import { type TokenCheck, verifyToken } from "./verify-token.ts";

const ISSUER = "https://kubernetes.default.svc";
const NOW = new Date("2026-11-22T12:00:00Z");
const SECONDS = NOW.getTime() / 1000;
const RSA = generateKeyPairSync("rsa", { modulusLength: 2048 });
const EC = generateKeyPairSync("ec", { namedCurve: "P-256" });
const EC_384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
const OTHER = generateKeyPairSync("ec", { namedCurve: "P-256" });

/** An API server of a few lines: what it publishes, what it says to a review, and what it was asked. */
let published: { issuer: string; keys: JsonObject[] } | undefined;
let review: JsonObject | undefined;
let asked: string[];
let checks: TokenCheck[];
let mayAsk: boolean;
let clock: number;

beforeEach(() => {
  published = {
    issuer: ISSUER,
    keys: [jwk(RSA.publicKey, "rsa"), jwk(EC.publicKey, "ec"), jwk(EC_384.publicKey, "ec-384")],
  };
  review = undefined;
  asked = [];
  checks = [];
  mayAsk = true;
  clock = 0;
});

const client: KubeClient = {
  async get(path) {
    asked.push(path);
    if (published === undefined) throw new KubeError("unreachable", "it is away");
    return path.endsWith("jwks") ? { keys: published.keys } : { issuer: published.issuer };
  },
  async send({ path }) {
    asked.push(path);
    if (review === undefined) throw new KubeError("unreachable", "it is away");
    return { status: review };
  },
  watch: () => Promise.reject(new Error("nothing is watched here")),
};

function verifier() {
  const { signal } = new AbortController();
  const keys = new SigningKeys({ client, signal, now: () => clock });
  const parts = {
    keys,
    client,
    signal,
    now: () => NOW,
    mayAsk: () => mayAsk,
    refused: new RefusedTokens(() => clock),
    checked: (by: TokenCheck) => void checks.push(by),
  };
  return (token: string) => verifyToken(parts, `Bearer ${token}`, "10.0.0.1");
}

function jwk(key: KeyObject, kid: string): JsonObject {
  return { ...(key.export({ format: "jwk" }) as JsonObject), kid, use: "sig" };
}

const CLAIMS = {
  iss: ISSUER,
  aud: ["outrigger.dev/xds"],
  exp: SECONDS + 3600,
  nbf: SECONDS,
  "kubernetes.io": { namespace: "shop", pod: { name: "web", uid: "1-2-3" }, serviceaccount: { name: "default" } },
};
const BEARER = { namespace: "shop", pod: "web", podUid: "1-2-3", serviceAccount: "default" };

const ES256 = { alg: "ES256", kid: "ec" };

function token(claims: object, key: KeyObject = EC.privateKey, header: typeof ES256 = ES256): string {
  const signed = `${encoded(header)}.${encoded(claims)}`;
  const signature = createSign(`sha${header.alg.slice(2)}`)
    .update(signed)
    .sign({ key, dsaEncoding: "ieee-p1363" });
  return `${signed}.${signature.toString("base64url")}`;
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

async function reasonOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "accepted",
    (error: StreamClosed) => error.code,
  );
}

describe("with the published keys", () => {
  test.each([
    ["ES256", EC.privateKey, { alg: "ES256", kid: "ec" }],
    ["RS256", RSA.privateKey, { alg: "RS256", kid: "rsa" }],
    ["ES384", EC_384.privateKey, { alg: "ES384", kid: "ec-384" }],
  ])("%s is verified here, and the keys are asked for once", async (_name, key, header) => {
    const verify = verifier();
    expect(await verify(token(CLAIMS, key, header))).toEqual(BEARER);
    expect(await verify(token(CLAIMS, key, header))).toEqual(BEARER);
    expect(asked).toEqual(["/.well-known/openid-configuration", "/openid/v1/jwks"]);
    expect(checks).toEqual(["keys", "keys"]);
  });

  test("the signature of another key is refused without a question", async () => {
    expect(await reasonOf(verifier()(token(CLAIMS, OTHER.privateKey)))).toBe("bad-signature");
    expect(checks).toEqual(["keys"]);
  });

  test("a key is used with its own algorithm only", async () => {
    review = { authenticated: false };
    expect(await reasonOf(verifier()(token(CLAIMS, EC.privateKey, { alg: "RS256", kid: "ec" })))).toBe("bad-signature");
    expect(await reasonOf(verifier()(token(CLAIMS, EC.privateKey, { alg: "ES384", kid: "ec" })))).toBe("bad-signature");
    expect(checks).toEqual(["review", "review"]);
  });

  test("keys that are known stay so while the API server is away, and new ones are found", async () => {
    const verify = verifier();
    await verify(token(CLAIMS));
    published = undefined;
    clock += 3_600_000;
    expect(await verify(token(CLAIMS))).toEqual(BEARER);
    clock += 60_000;
    published = { issuer: ISSUER, keys: [jwk(OTHER.publicKey, "new")] };
    expect(await verify(token(CLAIMS, OTHER.privateKey, { alg: "ES256", kid: "new" }))).toEqual(BEARER);
  });

  test("but not for ever", async () => {
    const verify = verifier();
    await verify(token(CLAIMS));
    published = undefined;
    clock += CONTROL_PLANE_LIMITS.keysMaxAge + 1;
    expect(await reasonOf(verify(token(CLAIMS)))).toBe("token-not-checkable");
  });

  test("a key that was taken back is no longer accepted once the keys are old", async () => {
    const verify = verifier();
    await verify(token(CLAIMS));
    published = { issuer: ISSUER, keys: [jwk(RSA.publicKey, "rsa")] };
    review = { authenticated: false };
    clock += CONTROL_PLANE_LIMITS.keysAge + 1;
    expect(await reasonOf(verify(token(CLAIMS)))).toBe("bad-signature");
  });

  test("unknown keys make us ask for the keys once in a while only", async () => {
    review = { authenticated: false };
    const verify = verifier();
    for (let round = 0; round < 20; round++) {
      await reasonOf(verify(token(CLAIMS, OTHER.privateKey, { alg: "ES256", kid: `invented-${round}` })));
    }
    expect(asked.filter((path) => path.endsWith("jwks"))).toHaveLength(1);
  });
});

describe("where the keys do not do", () => {
  const USER = {
    username: "system:serviceaccount:shop:default",
    extra: {
      "authentication.kubernetes.io/pod-name": ["web"],
      "authentication.kubernetes.io/pod-uid": ["1-2-3"],
    },
  };
  const GENUINE = { authenticated: true, audiences: ["outrigger.dev/xds"], user: USER };

  test.each([
    ["the keys cannot be had", undefined],
    ["the cluster has several issuers", { issuer: "https://former", keys: [jwk(EC.publicKey, "ec")] }],
    ["the key is of a kind that is not verified here", { issuer: ISSUER, keys: [{ kid: "ec", kty: "odd" }] }],
  ])("because %s, the API server is asked", async (_why, keySet) => {
    published = keySet;
    review = GENUINE;
    expect(await verifier()(token(CLAIMS))).toEqual(BEARER);
    expect(checks.at(-1)).toBe("review");
  });

  test.each([
    ["it is not genuine", { authenticated: false }],
    ["it is for another audience", { ...GENUINE, audiences: ["other"] }],
    ["it is another account's", { ...GENUINE, user: { ...USER, username: "system:serviceaccount:shop:other" } }],
    ["it is another pod's", { ...GENUINE, user: { ...USER, extra: {} } }],
  ])("a token is refused when the API server says that %s", async (_what, status) => {
    published = undefined;
    review = status;
    expect(await reasonOf(verifier()(token(CLAIMS)))).toBe("bad-signature");
  });

  test("nobody can tell while the API server is away, or when too much was asked", async () => {
    published = undefined;
    expect(await reasonOf(verifier()(token(CLAIMS)))).toBe("token-not-checkable");
    review = GENUINE;
    mayAsk = false;
    expect(await reasonOf(verifier()(token(CLAIMS)))).toBe("token-not-checkable");
  });
});

test("a token that the API server refused is refused for a moment without asking again", async () => {
  published = undefined;
  review = { authenticated: false };
  const verify = verifier();
  const bad = token(CLAIMS);
  for (let round = 0; round < 5; round++) expect(await reasonOf(verify(bad))).toBe("bad-signature");
  expect(checks).toEqual(["review"]);
  clock += CONTROL_PLANE_LIMITS.refusedFor;
  await reasonOf(verify(bad));
  expect(checks).toEqual(["review", "review"]);
});

test("a token that could not be reviewed is reviewed at the next try", async () => {
  published = undefined;
  const verify = verifier();
  expect(await reasonOf(verify(token(CLAIMS)))).toBe("token-not-checkable");
  review = { authenticated: false };
  expect(await reasonOf(verify(token(CLAIMS)))).toBe("bad-signature");
});

describe("refused by its own words, without a question, is a token", () => {
  test.each([
    ["for another audience", { ...CLAIMS, aud: ["other"] }, "wrong-audience"],
    ["without an audience", { ...CLAIMS, aud: undefined }, "wrong-audience"],
    ["that has just expired", { ...CLAIMS, exp: SECONDS }, "expired-token"],
    ["without an end", { ...CLAIMS, exp: undefined }, "expired-token"],
    ["of the future", { ...CLAIMS, nbf: SECONDS + 61 }, "expired-token"],
    [
      "of no pod",
      { ...CLAIMS, "kubernetes.io": { namespace: "shop", serviceaccount: { name: "default" } } },
      "not-a-pod",
    ],
    ["of no cluster", { ...CLAIMS, "kubernetes.io": undefined }, "not-a-pod"],
  ])("%s", async (_what, claims, reason) => {
    expect(await reasonOf(verifier()(token(claims)))).toBe(reason);
    expect(asked).toEqual([]);
  });

  test.each([
    ["without a signature", "none"],
    ["signed with what the verifier knows too", "HS256"],
    ["of an algorithm that nobody has", "__proto__"],
  ])("%s", async (_what, alg) => {
    const [, body = "", signature = ""] = token(CLAIMS).split(".");
    const text = `${encoded({ alg, kid: "ec" })}.${body}.${signature}`;
    expect(await reasonOf(verifier()(text))).toBe("bad-signature");
    expect([asked, checks]).toEqual([[], []]);
  });

  test.each([["one"], ["a.b"], ["a.b.c.d"], ["a.b.c"], ["..."], [`${"x".repeat(20_000)}.b.c`], ["W10.W10.AA"]])(
    "that is none: %s",
    async (text) => {
      expect(await reasonOf(verifier()(text))).toBe("malformed-token");
      expect(asked).toEqual([]);
    },
  );

  test("that is not there", async () => {
    const { signal } = new AbortController();
    const keys = new SigningKeys({ client, signal, now: () => clock });
    const refused = new RefusedTokens(() => clock);
    const parts = { keys, client, signal, refused, now: () => NOW, mayAsk: () => true, checked: () => undefined };
    for (const header of [undefined, "", "Basic abc", "Bearer", "Bearer a b"]) {
      expect(await reasonOf(verifyToken(parts, header, "10.0.0.1"))).toBe("no-token");
    }
  });
});
