import { describe, expect, test } from "vitest";
import { emptyPlan, type FamilyPlan } from "./plan.ts";
import { foreignReferences, restoreText, UNTOUCHED } from "./restore-text.ts";
import { ENTRANCES } from "./rule-text.ts";

const PLAN: FamilyPlan = {
  family: "ipv4",
  chains: [{ name: "APPMESH_EGRESS", rules: [{ match: { kind: "every-connection" }, action: { redirectTo: 15001 } }] }],
  entered: ["APPMESH_EGRESS"],
};
const ENTRANCE = ENTRANCES.APPMESH_EGRESS.rule;

function lines(plan: FamilyPlan, chains: Record<string, readonly string[]>): readonly string[] {
  return restoreText(plan, new Map([...UNTOUCHED, ...Object.entries(chains)]))
    .split("\n")
    .slice(1, -2);
}

test("a fresh table gets the chain, its rules and the way in", () => {
  expect(lines(PLAN, {})).toEqual([
    ":APPMESH_EGRESS - [0:0]",
    "-A APPMESH_EGRESS -p tcp -j REDIRECT --to-ports 15001",
    `-A OUTPUT ${ENTRANCE}`,
  ]);
});

test("a way in that is as planned keeps its place", () => {
  const chains = { APPMESH_EGRESS: [], OUTPUT: [ENTRANCE, "-p udp -j ACCEPT"] };
  expect(lines(PLAN, chains).filter((line) => line.includes("OUTPUT"))).toEqual([]);
});

test("ways in that are doubled or wrong are deleted from the last to the first, and made again", () => {
  const chains = {
    APPMESH_EGRESS: [],
    OUTPUT: ["-j APPMESH_EGRESS", "-p udp -j ACCEPT", ENTRANCE],
    PREROUTING: ["-j APPMESH_EGRESS"],
  };
  expect(lines(PLAN, chains).filter((line) => / (OUTPUT|PREROUTING) /.test(line))).toEqual([
    "-D PREROUTING 1",
    "-D OUTPUT 3",
    "-D OUTPUT 1",
    `-A OUTPUT ${ENTRANCE}`,
  ]);
});

test("a chain that is no longer planned goes, with the way into it", () => {
  const chains = { APPMESH_INGRESS: ["-p tcp -j RETURN"], PREROUTING: [ENTRANCES.APPMESH_INGRESS.rule] };
  expect(lines(PLAN, chains)).toEqual([
    ":APPMESH_EGRESS - [0:0]",
    "-D PREROUTING 1",
    "-F APPMESH_INGRESS",
    "-X APPMESH_INGRESS",
    "-A APPMESH_EGRESS -p tcp -j REDIRECT --to-ports 15001",
    `-A OUTPUT ${ENTRANCE}`,
  ]);
});

test("no text of somebody else's rule is written", () => {
  const hostile = ['-m comment --comment "COMMIT" -j APPMESH_EGRESS', "-j APPMESH_EGRESS"];
  expect(lines(emptyPlan("ipv4"), { APPMESH_EGRESS: hostile, OUTPUT: hostile })).toEqual([
    "-D OUTPUT 2",
    "-D OUTPUT 1",
    "-F APPMESH_EGRESS",
    "-X APPMESH_EGRESS",
  ]);
});

describe("rules of somebody else's chain", () => {
  const table = new Map([["OTHER", ["-p tcp -g APPMESH_EGRESS", "-j RETURN"]]]);

  test("stand in the way of a chain that is to go", () => {
    expect(foreignReferences(emptyPlan("ipv4"), table)).toEqual(["-A OTHER -p tcp -g APPMESH_EGRESS"]);
  });

  test("do not stand in the way of one that stays", () => {
    expect(foreignReferences(PLAN, table)).toEqual([]);
  });
});
