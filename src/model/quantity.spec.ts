import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareQuantities, formatQuantity, isQuantity, parseQuantity, QuantityError } from "./quantity.ts";

const canonical = (text: string) => formatQuantity(parseQuantity(text));
const UNIT = 1_000_000_000n;

describe("parseQuantity", () => {
  it.each([
    ["0", 0n],
    ["1", UNIT],
    ["+1", UNIT],
    ["-1", -UNIT],
    ["1.", UNIT],
    [".5", UNIT / 2n],
    ["007", 7n * UNIT],
    ["1n", 1n],
    ["1u", 1_000n],
    ["10m", 10_000_000n],
    ["1k", 1_000n * UNIT],
    ["1M", 10n ** 6n * UNIT],
    ["1G", 10n ** 9n * UNIT],
    ["1T", 10n ** 12n * UNIT],
    ["1P", 10n ** 15n * UNIT],
    ["1E", 10n ** 18n * UNIT],
    ["1Ki", 2n ** 10n * UNIT],
    ["32Mi", 2n ** 25n * UNIT],
    ["1Gi", 2n ** 30n * UNIT],
    ["1Ti", 2n ** 40n * UNIT],
    ["1Pi", 2n ** 50n * UNIT],
    ["1Ei", 2n ** 60n * UNIT],
    ["1.5Gi", 1536n * 2n ** 20n * UNIT],
    ["1e3", 1_000n * UNIT],
    ["1E3", 1_000n * UNIT],
    ["1E-3", 1_000_000n],
    ["1.5e+3", 1_500n * UNIT],
    ["0e999999", 0n],
  ])("reads %s", (text, nanos) => {
    expect(parseQuantity(text).nanos).toBe(nanos);
  });

  it.each([
    ["0.1n", 1n],
    ["1.0000000001", UNIT + 1n],
    ["-0.1n", -1n],
    ["1e-300", 1n],
    ["1e-99999999999", 1n],
  ])("rounds %s away from zero to a billionth", (text, nanos) => {
    expect(parseQuantity(text).nanos).toBe(nanos);
  });

  it("cuts binary quantities off at 2^63-1 as Kubernetes does", () => {
    expect(parseQuantity("9Ei").nanos).toBe((2n ** 63n - 1n) * UNIT);
    expect(parseQuantity("-9Ei").nanos).toBe(-(2n ** 63n - 1n) * UNIT);
  });

  it.each([
    "",
    " ",
    "1 ",
    " 1",
    ".",
    "+",
    "-",
    "m",
    "1K",
    "1ki",
    "1KI",
    "1i",
    ".5i",
    "0.1mi",
    "1.1.M",
    "1+1.0M",
    "1mm",
  ])("refuses %j", (text) => {
    expect(() => parseQuantity(text)).toThrow(expect.objectContaining({ code: "syntax" }));
  });

  it.each(["1e", "-3.01e-", "1e1.5", "0x10", "NaN", "Infinity", "1_000", "١", "1\n", "--1", "1,5"])(
    "refuses %j",
    (text) => {
      expect(() => parseQuantity(text)).toThrow(QuantityError);
    },
  );

  it("refuses an exponent that would cost memory, saying the limit", () => {
    expect(() => parseQuantity("1e999999999")).toThrow(/expected an exponent of at most 308/);
  });

  it("refuses a text of unreasonable length and quotes only its beginning", () => {
    const attempt = () => parseQuantity("9".repeat(1_000_000));
    expect(attempt).toThrow(expect.objectContaining({ code: "syntax" }));
    expect(attempt).toThrow(/^.{0,200}$/);
  });
});

describe("compareQuantities", () => {
  it.each([
    ["1000m", "1", 0],
    ["1Ki", "1024", 0],
    ["1e3", "1k", 0],
    ["-0", "0", 0],
    ["1Ki", "1k", 1],
    ["31Mi", "32Mi", -1],
    ["-1", "0", -1],
    ["1n", "0", 1],
    ["9007199254740993", "9007199254740992", 1],
  ])("%s against %s is %i", (a, b, expected) => {
    expect(compareQuantities(parseQuantity(a), parseQuantity(b))).toBe(expected);
  });
});

describe("formatQuantity", () => {
  it.each([
    ["0", "0"],
    ["0Ki", "0"],
    ["-0m", "0"],
    ["1000m", "1"],
    ["0.5", "500m"],
    ["1500", "1500"],
    ["1000", "1k"],
    ["100000", "100k"],
    ["1024Mi", "1Gi"],
    ["1.5Gi", "1536Mi"],
    ["0.5Ki", "512"],
    ["0.0001Ki", "102400u"],
    ["1025.5Ki", "1050112"],
    ["1e3", "1e3"],
    ["1e-3", "1e-3"],
    ["1.5e0", "1500e-3"],
    ["12e0", "12"],
    ["1000E", "1000E"],
    ["-1.5", "-1500m"],
    ["-2048", "-2048"],
    ["-2048Ki", "-2Mi"],
  ])("writes %s as %s", (text, expected) => {
    expect(canonical(text)).toBe(expected);
  });
});

describe("any quantity", () => {
  const suffix = fc.constantFrom("", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei");
  const exponent = fc.integer({ min: -30, max: 60 }).map((power) => `e${power}`);
  const text = fc
    .tuple(fc.constantFrom("", "+", "-"), fc.bigInt(0n, 10n ** 20n), fc.option(fc.nat()), fc.oneof(suffix, exponent))
    .map(([sign, whole, fraction, end]) => `${sign}${whole}${fraction === null ? "" : `.${fraction}`}${end}`);

  it("keeps its value when it is written and read again, and its canonical text is stable", () => {
    fc.assert(
      fc.property(text, (input) => {
        const value = parseQuantity(input);
        const written = formatQuantity(value);
        expect(parseQuantity(written).nanos).toBe(value.nanos);
        expect(canonical(written)).toBe(written);
      }),
    );
  });

  it("is ordered like its numbers, in every mixture of suffixes", () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const [left, right] = [parseQuantity(a), parseQuantity(b)];
        expect(compareQuantities(left, right) + compareQuantities(right, left)).toBe(0);
        expect(compareQuantities(left, right) < 0).toBe(left.nanos < right.nanos);
      }),
    );
  });

  it("is refused or read, never anything else, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (input) => {
        if (isQuantity(input)) expect(typeof parseQuantity(input).nanos).toBe("bigint");
        else expect(() => parseQuantity(input)).toThrow(QuantityError);
      }),
    );
  });

  it("above 1024 units and written in binary keeps a binary suffix", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 20 }), (kibibytes) => {
        expect(canonical(`${kibibytes}Ki`)).toMatch(/i$/);
      }),
    );
  });
});
