import { describe, expect, test } from "vitest";
import { differences } from "./differences.ts";
import { emptyPlan, type FamilyPlan } from "./plan.ts";
import { ENTRANCES } from "./rule-text.ts";

const PLAN: FamilyPlan = {
  family: "ipv4",
  chains: [
    {
      name: "APPMESH_EGRESS",
      rules: [
        { match: { kind: "uid", id: 1337 }, action: "return" },
        { match: { kind: "every-connection" }, action: { redirectTo: 15001 } },
      ],
    },
  ],
  entered: ["APPMESH_EGRESS"],
};
const RULES = ["-m owner --uid-owner 1337 -j RETURN", "-p tcp -j REDIRECT --to-ports 15001"];
const ENTRANCE = ENTRANCES.APPMESH_EGRESS.rule;

function found(chain: readonly string[] | undefined, output: readonly string[], more: Record<string, string[]> = {}) {
  const chains = { OUTPUT: output, ...(chain && { APPMESH_EGRESS: chain }), ...more };
  return differences(PLAN, new Map(Object.entries(chains)));
}

test("a table that is as planned has none, whatever others have beside it", () => {
  expect(found(RULES, ["-p udp -j ACCEPT", ENTRANCE], { CNI: ["-j RETURN"] })).toEqual([]);
});

describe("said is", () => {
  test.each([
    ["a chain that is missing", undefined, [ENTRANCE], "chain APPMESH_EGRESS is missing"],
    [
      "a rule that is missing",
      RULES.slice(0, 1),
      [ENTRANCE],
      'rule 2 of chain APPMESH_EGRESS is none, planned was "-p tcp -j REDIRECT --to-ports 15001"',
    ],
    [
      "a rule that is too many",
      [...RULES, "-j RETURN"],
      [ENTRANCE],
      'rule 3 of chain APPMESH_EGRESS is "-j RETURN", planned was none',
    ],
    ["a way in that is missing", RULES, [], "rule 1 of the built-in chains is none"],
    ["a way in that is doubled", RULES, [ENTRANCE, ENTRANCE], "rule 2 of the built-in chains is"],
    ["a way in that is wider", RULES, ["-j APPMESH_EGRESS"], 'is "OUTPUT -j APPMESH_EGRESS"'],
  ] as const)("%s", (_, chain, output, words) => {
    expect(found(chain, output)).toEqual([expect.stringContaining(words)]);
  });

  test("rules in another order", () => {
    expect(found([...RULES].reverse(), [ENTRANCE])).toHaveLength(2);
  });

  test("a chain that is not planned", () => {
    expect(differences(emptyPlan("ipv4"), new Map([["APPMESH_INGRESS", []]]))).toEqual([
      "chain APPMESH_INGRESS is there, but is not planned",
    ]);
  });
});
