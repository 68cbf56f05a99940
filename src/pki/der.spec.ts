import { describe, expect, test } from "vitest";
import { addressBytes } from "./address-bytes.ts";
import { bitString, der, derValues, integer, objectIdentifier, sequence, time } from "./der.ts";

describe("values are encoded as X.690 says", () => {
  test.each([
    [0, "0400"],
    [127, `047f${"00".repeat(127)}`],
    [128, `048180${"00".repeat(128)}`],
    [256, `04820100${"00".repeat(256)}`],
  ])("with a length of %d", (length, expected) => {
    expect(der(0x04, Buffer.alloc(length)).toString("hex")).toBe(expected);
  });

  test.each([
    ["00", "020100"],
    ["7f", "02017f"],
    ["80", "02020080"],
    ["0000ff01", "020300ff01"],
    ["00000001", "020101"],
  ])("a number %s is not negative, and as short as can be", (bytes, expected) => {
    expect(integer(Buffer.from(bytes, "hex")).toString("hex")).toBe(expected);
  });

  test.each([
    ["2.5.4.3", "0603550403"],
    ["1.2.840.10045.4.3.2", "06082a8648ce3d040302"],
    ["1.3.6.1.5.5.7.3.1", "06082b06010505070301"],
  ])("the identifier %s", (dotted, expected) => {
    expect(objectIdentifier(dotted).toString("hex")).toBe(expected);
  });

  test("bits that count for nothing", () => {
    expect(bitString(Buffer.of(0x06), 1).toString("hex")).toBe("03020106");
  });

  test.each([
    ["2026-11-22T11:55:00.999Z", "\u0017\r261122115500Z"],
    ["2049-12-31T23:59:59Z", "\u0017\r491231235959Z"],
    ["2050-01-01T00:00:00Z", "\u0018\u000f20500101000000Z"],
  ])("the time %s", (instant, expected) => {
    expect(time(new Date(instant)).toString("latin1")).toBe(expected);
  });
});

describe("values are read", () => {
  test("one behind the other, short and long", () => {
    const long = Buffer.alloc(300, 7);
    const values = derValues(Buffer.concat([integer(Buffer.of(5)), sequence(der(0x04, long))]));
    expect(values.map(({ tag }) => tag)).toEqual([0x02, 0x30]);
    expect(values[1]?.content.equals(der(0x04, long))).toBe(true);
    expect(values[1]?.whole.equals(sequence(der(0x04, long)))).toBe(true);
  });

  test.each(["0405", "04", "0482ffff", "0489ffffffffffffffffff"])("not beyond the end: %s", (hex) => {
    expect(() => derValues(Buffer.from(hex, "hex"))).toThrow(RangeError);
  });
});

describe("addresses", () => {
  test.each([
    ["127.0.0.1", "7f000001"],
    ["::", "00000000000000000000000000000000"],
    ["::1", "00000000000000000000000000000001"],
    ["fd00:10:124::", "fd000010012400000000000000000000"],
    ["2001:DB8:0:1:2:3:4:5", "20010db8000000010002000300040005"],
    ["::ffff:10.1.2.3", "00000000000000000000ffff0a010203"],
  ])("%s", (address, expected) => {
    expect(addressBytes(address).toString("hex")).toBe(expected);
  });

  test.each(["", "10.0.0", "10.0.0.256", "010.0.0.1", "fe80::1%eth0", "[::1]", "::1/64", "localhost"])(
    "%s is none",
    (address) => expect(() => addressBytes(address)).toThrow("is no IP address"),
  );
});
