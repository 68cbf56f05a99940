import fc from "fast-check";
import { expect, test } from "vitest";
import { refusal } from "../admission/answer.ts";
import type { PatchOperation } from "../inject/json-patch.ts";
import type { AdmissionAnswer } from "./admission.ts";
import { reply } from "./reply.ts";

const IDENTITY = { apiVersion: "admission.k8s.io/v1", uid: "u-1" } as const;
const SKIP: AdmissionAnswer = {
  outcome: "skip",
  reason: "host-network",
  message: "m",
  warnings: [],
  settings: undefined,
  patch: [],
};

function answer(changes: Partial<AdmissionAnswer>) {
  return (JSON.parse(reply(IDENTITY, { ...SKIP, ...changes }).join("")) as { response: Record<string, unknown> })
    .response;
}

test("a skip is allowed and says why in the audit annotations", () => {
  expect(answer({})).toEqual({
    uid: "u-1",
    allowed: true,
    auditAnnotations: { outcome: "skip", reason: "host-network" },
  });
});

test("patch and patch type come together or not at all", () => {
  expect(Object.keys(answer({ outcome: "inject", reason: "already-injected" }))).not.toContain("patchType");
  const patch: PatchOperation[] = [{ op: "add", path: "/spec/containers/-", value: { name: "ü€𝄞", 'quo"te': "\\" } }];
  const { patchType, patch: text } = answer({ outcome: "inject", reason: "injected", patch });
  expect(patchType).toBe("JSONPatch");
  expect(JSON.parse(Buffer.from(String(text), "base64").toString())).toEqual(patch);
});

test("every patch, whatever text it holds, arrives as it was", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), (value, path) => {
      const patch = [{ op: "add", path, value }] as PatchOperation[];
      const { patch: text } = answer({ outcome: "inject", reason: "injected", patch });
      // By way of JSON, for it knows no negative zero.
      expect(JSON.parse(Buffer.from(String(text), "base64").toString())).toEqual(JSON.parse(JSON.stringify(patch)));
    }),
  );
});

test("a denial is a status 403 with message and reason", () => {
  const { allowed, status } = answer({ outcome: "deny", reason: "no-mesh", message: "no mesh was found" });
  expect(allowed).toBe(false);
  expect(status).toEqual({
    status: "Failure",
    code: 403,
    reason: "Forbidden",
    message: "outrigger: no mesh was found (no-mesh)",
  });
});

test("a refusal needs no decision", () => {
  expect(JSON.parse(refusal(IDENTITY, "too large", "too-large").join(""))).toMatchObject({
    apiVersion: "admission.k8s.io/v1",
    response: { uid: "u-1", allowed: false, status: { code: 403, message: "outrigger: too large (too-large)" } },
  });
});

test("a warning longer than the API server shows is cut, never within a character", () => {
  const [short, long, pair] = answer({ warnings: ["w".repeat(256), "w".repeat(257), "𝄞".repeat(200)] })[
    "warnings"
  ] as string[];
  expect(short).toBe("w".repeat(256));
  expect(long).toBe(`${"w".repeat(255)}…`);
  expect(pair?.length).toBeLessThanOrEqual(256);
  expect(pair?.isWellFormed()).toBe(true);
});
