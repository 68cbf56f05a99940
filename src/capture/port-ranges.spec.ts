import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatRanges, holdsPort, inGroups, withoutPort } from "./port-ranges.ts";

const single = (port: number) => ({ first: port, last: port });
const singles = (count: number) => Array.from({ length: count }, (_, index) => single(index + 1));

const anyRanges = fc.array(
  fc
    .tuple(fc.integer({ min: 1, max: 65535 }), fc.integer({ min: 0, max: 20 }))
    .map(([first, more]) => ({ first, last: Math.min(first + more, 65535) })),
  { maxLength: 60 },
);

describe("groups for one rule each", () => {
  test.each([
    [0, []],
    [1, [1]],
    [15, [15]],
    [16, [15, 1]],
    [40, [15, 15, 10]],
  ])("%d ports make groups of %j", (count, expected) => {
    expect(inGroups(singles(count)).map((group) => group.length)).toEqual(expected);
  });

  test("a range that no longer fits begins the next group", () => {
    const groups = inGroups([...singles(14), { first: 100, last: 200 }]);
    expect(groups.map((group) => group.length)).toEqual([14, 1]);
  });

  test("hold every range once and in order, and never more than iptables takes", () => {
    fc.assert(
      fc.property(anyRanges, (ranges) => {
        const groups = inGroups(ranges);
        expect(groups.flat()).toEqual(ranges);
        for (const group of groups) {
          expect(formatRanges(group).split(/[,:]/).length).toBeLessThanOrEqual(15);
          expect(group).not.toHaveLength(0);
        }
      }),
      { interruptAfterTimeLimit: 2000 },
    );
  });
});

describe("taking one port out", () => {
  test.each([
    ["80", 80, ""],
    ["80,443", 80, "443"],
    ["80:90", 80, "81:90"],
    ["80:90", 90, "80:89"],
    ["80:82", 81, "80,82"],
    ["1:65535", 15000, "1:14999,15001:65535"],
    ["80", 81, "80"],
  ])("of %s: %d leaves %s", (text, port, expected) => {
    const ranges = text.split(",").map((entry) => {
      const [first = 0, last = first] = entry.split(":").map(Number);
      return { first, last };
    });
    expect(formatRanges(withoutPort(ranges, port))).toBe(expected);
  });

  test("leaves all others", () => {
    fc.assert(
      fc.property(
        anyRanges,
        fc.integer({ min: 1, max: 65535 }),
        fc.integer({ min: 1, max: 65535 }),
        (ranges, out, other) => {
          const left = withoutPort(ranges, out);
          expect(holdsPort(left, out)).toBe(false);
          if (other !== out) expect(holdsPort(left, other)).toBe(holdsPort(ranges, other));
        },
      ),
      { interruptAfterTimeLimit: 2000 },
    );
  });
});
