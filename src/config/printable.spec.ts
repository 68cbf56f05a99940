import { describe, expect, it } from "vitest";
import { printable } from "./printable.ts";

describe("printable", () => {
  it.each([
    ["demo", '"demo"'],
    ["a\nb\u001b[31m", '"a\\nb\\u001b[31m"'],
    ["", '""'],
    ["x".repeat(100), `"${"x".repeat(80)}…"`],
  ])("quotes %j", (value, shown) => {
    expect(printable(value)).toBe(shown);
  });

  it.each([
    ["a private key", "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE"],
    ["an AWS access key id", "AKIAIOSFODNN7EXAMPLE"],
    ["an AWS secret access key", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"],
    ["a token", "eyJhbGciOiJSUzI1NiJ9.e30.c2ln"],
    ["a password in an address", "https://user:hunter2@registry/image"],
  ])("hides %s", (_what, value) => {
    expect(printable(value)).toBe(`(hidden: ${value.length} characters that look secret)`);
  });
});
