import { expect, test } from "vitest";
import type { ConnectedProxy } from "../../xds/serve/streams.ts";
import { acknowledging } from "./tls-acknowledged.ts";

const FILE = { kind: "file", certificateChain: "/c/a.pem" } as const;
const OWN = { kind: "sds", secretName: "of-the-pod" } as const;

function proxy(key: string, ...secrets: readonly string[]): ConnectedProxy {
  return { key, isCurrent: () => true, hasSecrets: (names) => names.every((name) => secrets.includes(name)) };
}

function held(proxies: readonly ConnectedProxy[], isBrought = true) {
  return acknowledging(proxies, {
    viewOf: (key) => (key.startsWith("back") ? "back" : undefined),
    isBrought: () => isBrought,
  });
}

test("a view has been acknowledged by all of its proxies, by some, or there are none", () => {
  const [one, two] = [proxy("back-1", "file-trust:/c/a.pem"), proxy("back-2")];
  expect(held([one, proxy("front")])("back", [FILE])).toBe("all");
  expect(held([one, two])("back", [FILE])).toBe("some");
  expect(held([proxy("front")])("back", [FILE])).toBe("nobody");
});

test("what streams were not brought yet nobody has acknowledged", () => {
  expect(held([proxy("back-1")], false)("back", [])).toBe("some");
});

test("what some have not accepted nobody has acknowledged, and each proxy is looked at once for all who wait for it", () => {
  let looks = 0;
  const isCurrent = (): boolean => ++looks > 3;
  const acknowledged = held([{ ...proxy("back-1"), isCurrent }]);
  expect([acknowledged("back", []), acknowledged("back", [OWN]), acknowledged("back", [])]).toEqual(
    Array(3).fill("some"),
  );
  expect(looks).toBe(1);
});

test("certificates of the pod's own server are not waited for", () => {
  expect(held([proxy("back-1")])("back", [OWN])).toBe("all");
});
