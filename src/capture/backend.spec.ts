import { describe, expect, test } from "vitest";
import { requireCapabilities, toolNames } from "./backend.ts";

const status = (mask: string) => `Name:\tnode\nCapInh:\t0000000000000000\nCapEff:\t${mask}\n`;
const [NOTHING, NET_ADMIN, BOTH, ALL] = [
  "0000000000000000",
  "0000000000001000",
  "0000000000003000",
  "000001ffffffffff",
];

describe("capabilities suffice", () => {
  test.each([
    ["nft", NET_ADMIN],
    ["nft", ALL],
    ["legacy", BOTH],
  ] as const)("for %s with %s", (backend, mask) => {
    expect(() => requireCapabilities(backend, status(mask))).not.toThrow();
  });

  test("as far as anybody knows where the kernel does not say", () => {
    expect(() => requireCapabilities("legacy", undefined)).not.toThrow();
    expect(() => requireCapabilities("legacy", "Name:\tnode\n")).not.toThrow();
  });
});

describe("a missing capability is named with the setting that needs it:", () => {
  test.each([
    ["nft", NOTHING, "is nft, which needs NET_ADMIN, but this process lacks NET_ADMIN (CapEff 0000000000000000)"],
    ["legacy", NET_ADMIN, "is legacy, which needs NET_ADMIN and NET_RAW, but this process lacks NET_RAW"],
    ["legacy", NET_ADMIN, "or set it to nft, which does without"],
    ["legacy", NOTHING, "lacks NET_ADMIN and NET_RAW"],
  ] as const)("%s with %s", (backend, mask, words) => {
    expect(() => requireCapabilities(backend, status(mask))).toThrow(words);
  });
});

test("each back end and family has its own programs", () => {
  expect(toolNames("nft", "ipv4")).toEqual({ save: "iptables-nft-save", restore: "iptables-nft-restore" });
  expect(toolNames("legacy", "ipv6")).toEqual({ save: "ip6tables-legacy-save", restore: "ip6tables-legacy-restore" });
});
