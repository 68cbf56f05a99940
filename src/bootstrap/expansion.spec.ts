import fc from "fast-check";
import { expect, test } from "vitest";
import type { Json } from "../model/json.ts";
import { EXPANDED_NAMES } from "../model/names.ts";
import { bootstrapArgument, expanded, expandedSize, verbatim } from "./expansion.ts";

/** What the kubelet makes of an argument when every name has itself in lower case as its value. */
function expandedByKubelet(argument: string): Json {
  const text = argument.replaceAll(/\$\$|\$\(([A-Z_]+)\)/g, (_found, name?: string) => name?.toLowerCase() ?? "$");
  return JSON.parse(text) as Json;
}

/** Anything but NUL, which no annotation can hold; with much of what has a meaning here. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom("$", "$$", "$(OUTRIGGER_POD_IP)", "\\", '"', "\\u0000", "OUTRIGGER_POD_IP", "\n", "ü"),
      fc.string({ maxLength: 3 }),
    ),
  )
  .map((parts) => parts.join("").replaceAll("\0", ""));

test("a user's text reaches Envoy as it is, whatever stands beside it", () => {
  fc.assert(
    fc.property(text, text, fc.constantFrom(...EXPANDED_NAMES), (before, after, name) => {
      const argument = bootstrapArgument({
        a: before,
        [`key ${after}`]: [`${before}${expanded(name)}${after}`, null, 1],
      });
      expect(expandedByKubelet(argument)).toEqual({
        a: before,
        [`key ${after}`]: [`${before}${name.toLowerCase()}${after}`, null, 1],
      });
    }),
  );
});

test("verbatim text is left as it is by the kubelet, with any variable set", () => {
  fc.assert(
    fc.property(text, (written) => {
      expect(expandedByKubelet(JSON.stringify(verbatim(written)))).toBe(written);
    }),
  );
});

test("a place is a reference, a dollar is two", () => {
  expect(bootstrapArgument([expanded("OUTRIGGER_POD_IP"), "$5 $(HOME)"])).toBe(
    '["$(OUTRIGGER_POD_IP)","$$5 $$(HOME)"]',
  );
});

test("a NUL that is no place is dropped, for no argument can hold one", () => {
  expect(bootstrapArgument(["a\0b", "\0HOME\0", "\\u0000"])).toBe('["ab","HOME","\\\\u0000"]');
});

test.each([
  { argument: "a€", size: 4 },
  { argument: "$$$$", size: 2 },
  { argument: "$(OUTRIGGER_POD_IP)", size: 45 },
  { argument: "$(OUTRIGGER_POD_NAME)$(OUTRIGGER_POD_NAMESPACE)$(OUTRIGGER_POD_UID)", size: 253 + 63 + 36 },
  { argument: "$(OUTRIGGER_NODE_NAME)$(OUTRIGGER_HOST_IP)", size: 253 + 45 },
])("$argument takes up to $size bytes", ({ argument, size }) => {
  expect(expandedSize(argument)).toBe(size);
});
