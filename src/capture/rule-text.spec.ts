import { describe, expect, test } from "vitest";
import { ruleKey, targetOf } from "./rule-text.ts";

describe("rules mean the same", () => {
  test.each([
    ["-p tcp -d 10.0.0.0/8 -j RETURN", "-d 10.0.0.0/8 -p tcp -j RETURN"],
    ["-m tcp -p tcp -j RETURN", "-p tcp -j RETURN"],
    ["-d ::ffff:10.0.0.1/128 -p tcp -j RETURN", "-d ::ffff:a00:1/128 -p tcp -j RETURN"],
    ["-m addrtype ! --dst-type LOCAL -p tcp -j X", "-p tcp -m addrtype ! --dst-type LOCAL -j X"],
  ])("%s and %s", (one, other) => {
    expect(ruleKey(one)).toBe(ruleKey(other));
  });
});

describe("rules mean different things", () => {
  test.each([
    ["-p tcp -m addrtype --dst-type LOCAL -j X", "-p tcp -m addrtype ! --dst-type LOCAL -j X"],
    ["-d 10.0.0.0/8 -p tcp -j RETURN", "-d 10.0.0.0/9 -p tcp -j RETURN"],
    ["-d 10.0.0.0/8 -p tcp -j RETURN", "-s 10.0.0.0/8 -p tcp -j RETURN"],
    ["-p tcp -m multiport --dports 80,443 -j X", "-p tcp -m multiport --dports 443 -j X"],
    ["-p tcp -j RETURN", "-j RETURN"],
    ["-p tcp -j REDIRECT --to-ports 15001", "-p tcp -j REDIRECT --to-ports 15000"],
    ["-p tcp -m mark --mark 0x1/0xff -j RETURN", "-p tcp -j RETURN"],
    ["-p tcp -m comment --comment ours -j RETURN", "-p tcp -j RETURN"],
  ])("%s and %s", (one, other) => {
    expect(ruleKey(one)).not.toBe(ruleKey(other));
  });
});

describe("the chain that a rule leads to", () => {
  test.each([
    ["-p tcp -j APPMESH_EGRESS", "APPMESH_EGRESS"],
    ["-g APPMESH_EGRESS", "APPMESH_EGRESS"],
    ["--jump APPMESH_EGRESS", "APPMESH_EGRESS"],
    ['-m comment --comment "-j APPMESH_EGRESS" -j ACCEPT', "ACCEPT"],
    ['-m comment --comment "a \\" -j APPMESH_EGRESS" -j ACCEPT', "ACCEPT"],
    ["-p tcp", undefined],
    ["-j", undefined],
  ])("of %s is %s", (rule, expected) => {
    expect(targetOf(rule)).toBe(expected);
  });
});
