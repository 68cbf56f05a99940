import { beforeAll, describe, expect, test } from "vitest";
import { activated, withDelivery, withNext } from "./advance.ts";
import { formatState, parseState } from "./authority-format.ts";
import { type AuthorityState, firstState } from "./authority-state.ts";
import { newLeaf, newRoot } from "./sign.ts";

const NOW = new Date("2026-11-22T12:00:00Z");
const POLICY = { rootLifetime: 3_600_000, leafLifetime: 600_000, settle: 1_000 };
const WHERE = "Secret outrigger-authority in namespace appmesh-system";

let full: AuthorityState;

beforeAll(async () => {
  const roots = await Promise.all([1, 2, 3].map(() => newRoot("test authority", POLICY, NOW)));
  const [a, b, c] = roots as [(typeof roots)[0], (typeof roots)[0], (typeof roots)[0]];
  const second = activated(withNext(firstState(a, NOW), b, NOW), NOW, POLICY);
  full = withDelivery(withNext(second, c, NOW), NOW);
});

/** The document with one change. */
function changed(change: (document: Record<string, Record<string, unknown>>) => void): string {
  const document = JSON.parse(formatState(full));
  change(document);
  return JSON.stringify(document);
}

describe("the format", () => {
  test("gives back what was written: next, active and previous roots", () => {
    expect(parseState(formatState(full), WHERE)).toEqual(full);
  });

  test("gives back a state with one root only", () => {
    const first = { ...full, next: undefined, previous: [] };
    expect(parseState(formatState(first), WHERE)).toEqual(first);
  });

  test("says its version, and has keys of roots that sign or will, but of no others", () => {
    const document = JSON.parse(formatState(full));
    expect(document.version).toBe(1);
    expect(document.previous[0]).not.toHaveProperty("key");
    expect(Object.keys(document)).toEqual(["version", "active", "next", "previous"]);
  });

  test("a root that was read signs a leaf that verifies", async () => {
    const { active } = parseState(formatState(full), WHERE);
    const leaf = await newLeaf(active, { dnsNames: ["outrigger.appmesh-system.svc"] }, POLICY, NOW);
    expect(leaf.notAfter).toEqual(new Date(NOW.getTime() + POLICY.leafLifetime));
  });

  test("text around a certificate does not get into the bundle", () => {
    const text = changed((document) => {
      document["active"] = { ...document["active"], certificate: `# mine\n${full.active.certificate}` };
    });
    expect(parseState(text, WHERE).active.certificate).toBe(full.active.certificate);
  });
});

describe("a damaged Secret is refused with its place, and without its content", () => {
  test.each<[string, () => string, "malformed" | "version", string]>([
    ["no JSON", () => "-----BEGIN", "malformed", "it is not JSON"],
    ["a list", () => "[]", "malformed", "it is not JSON"],
    ["no version", () => "{}", "malformed", "no format version"],
    ["a newer version", () => '{"version":2}', "version", "format version 2, expected 1"],
    ["no active root", () => '{"version":1}', "malformed", "active has no certificate"],
    [
      "a key of another root",
      () => changed((d) => Object.assign(d["active"] ?? {}, { key: full.next?.key })),
      "malformed",
      "active has no key that fits",
    ],
    [
      "a key that is none",
      () => changed((d) => Object.assign(d["next"] ?? {}, { key: "x" })),
      "malformed",
      "next has no key that fits",
    ],
    [
      "an instant that is none",
      () => changed((d) => Object.assign(d["next"] ?? {}, { delivered: "soon" })),
      "malformed",
      "next.delivered is not an instant",
    ],
    [
      "a previous root without an end",
      () =>
        changed((d) => {
          d["previous"] = [{ certificate: full.active.certificate, since: NOW }] as never;
        }),
      "malformed",
      "previous[0].until",
    ],
    [
      "more roots than anybody rotates",
      () =>
        changed((d) => {
          d["previous"] = Array.from({ length: 17 }, () => ({})) as never;
        }),
      "malformed",
      "17 previous roots",
    ],
  ])("%s", (_what, text, code, message) => {
    let thrown: Error & { code?: string } = new Error("nothing was thrown");
    try {
      parseState(text(), WHERE);
    } catch (error) {
      thrown = error as Error;
    }
    expect(thrown).toMatchObject({ name: "AuthorityError", code });
    expect(thrown.message).toContain(WHERE);
    expect(thrown.message).toContain(message);
    expect(thrown.message).not.toContain("BEGIN");
  });

  test("a leaf in the place of a root", async () => {
    const leaf = await newLeaf(full.active, { dnsNames: ["a"] }, POLICY, NOW);
    const text = changed((document) => {
      document["active"] = { ...document["active"], certificate: leaf.certificate, key: leaf.key };
    });
    expect(() => parseState(text, WHERE)).toThrow("active has no certificate of an authority");
  });
});
