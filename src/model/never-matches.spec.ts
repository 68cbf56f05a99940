import { describe, expect, test } from "vitest";
import { cannotBeSent, impossibleName } from "./never-matches.ts";

describe("the name in a match that no request can have", () => {
  test.each([
    {
      what: "a header with the end of a line",
      match: { headers: [{ name: "a" }, { name: "a\nb" }] },
      at: "headers[1].name",
    },
    { what: "a header with a zero", match: { headers: [{ name: "a\0" }] }, at: "headers[0].name" },
    {
      what: "a query parameter without a name",
      match: { queryParameters: [{ name: "" }] },
      at: "queryParameters[0].name",
    },
    {
      what: "a query parameter of 1,025 bytes",
      match: { queryParameters: [{ name: "q" }, { name: `${"é".repeat(512)}x` }] },
      at: "queryParameters[1].name",
    },
    {
      what: "names that are odd and can be sent",
      match: {
        headers: [{ name: ":path" }, { name: "a b" }],
        queryParameters: [{ name: "é".repeat(512) }, { name: "a=b" }],
      },
      at: undefined,
    },
    { what: "no names", match: {}, at: undefined },
  ])("$what", ({ match, at }) => {
    expect(impossibleName({ prefix: "/", ...match })).toBe(at);
  });
});

test.each([
  ["web.shop", false],
  ["*.shop", false],
  ["a b", false],
  ["web\nshop", true],
  ["web\r", true],
])("a host %j", (host, cannot) => {
  expect(cannotBeSent(host)).toBe(cannot);
});
