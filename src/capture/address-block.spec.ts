import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatBlock, parseBlock } from "./address-block.ts";

function rewritten(text: string): string | undefined {
  const block = parseBlock(text);
  return block && formatBlock(block);
}

describe("a block is written as iptables-save writes it", () => {
  test.each([
    ["10.0.0.1", "10.0.0.1/32"],
    ["10.1.2.3/8", "10.0.0.0/8"],
    ["255.255.255.255/0", "0.0.0.0/0"],
    ["fd00::1", "fd00::1/128"],
    ["FD00:0:0::1", "fd00::1/128"],
    ["fd00:ec2::254", "fd00:ec2::254/128"],
    ["2001:db8:ffff:ffff::1/33", "2001:db8:8000::/33"],
    ["::", "::/128"],
    ["::1", "::1/128"],
    ["1::", "1::/128"],
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3/128"],
    ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7/128"],
    ["10:0:0:20::1", "10:0:0:20::1/128"],
    ["::ffff:10.0.0.1", "::ffff:a00:1/128"],
  ])("%s as %s", (text, expected) => {
    expect(rewritten(text)).toBe(expected);
  });
});

test.each([
  "",
  "10.0.0",
  "10.0.0.1/33",
  "10.0.0.1/",
  "10.0.0.1/-1",
  "10.0.0.1/8/8",
  "10.0.0.1/1e1",
  "fd00::1/129",
  "fe80::1%eth0",
  "fe80::1%eth0/64",
  "metadata.local",
])('"%s" is no block', (text) => {
  expect(parseBlock(text)).toBeUndefined();
});

test("writing and reading a block gives the same block", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.ipV4Extended(), fc.ipV4(), fc.ipV6()),
      fc.integer({ min: 0, max: 128 }),
      (address, length) => {
        const block = parseBlock(`${address}/${length}`);
        fc.pre(block !== undefined);
        expect(parseBlock(formatBlock(block as NonNullable<typeof block>))).toEqual(block);
      },
    ),
    { interruptAfterTimeLimit: 2000 },
  );
});

test("IPv6 is written in the form of the URL standard, which follows the same RFC", () => {
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      expect(rewritten(address)).toBe(`${new URL(`http://[${address}]/`).hostname.slice(1, -1)}/128`);
    }),
    { interruptAfterTimeLimit: 2000 },
  );
});
