import { expect, test } from "vitest";
import { normalPath } from "./normal-path.ts";

/* Held against a real Envoy, with many more paths, by test/envoy/mesh/explain-request.spec.ts. */

test.each([
  ["/", "/"],
  ["/a/./b/../c", "/a/c"],
  ["/..", "/"],
  ["/a/..", "/"],
  ["/a/%2e%2E/b", "/b"],
  ["/a..b/..c/d..", "/a..b/..c/d.."],
  ["//a///b", "/a/b"],
  ["///", "//"],
  ["/\\", "//"],
  ["/a//", "/a/"],
  ["/a/\\b\\..\\c", "/a/c"],
  ["/%61%2f%7e%2B", "/a%2f~%2B"],
  ["/%zz%", "/%zz%"],
  // what others came to begins no escape with a percent sign that began none
  ["/%%41a/%2%41/%%41%42/%%%412", "/%25Aa/%252A/%25AB/%%25A2"],
  ["/%%41/%%41g/%2%2f", "/%A/%Ag/%2%2f"],
  // dots with parameters are dots, where they are all of a segment and nothing is escaped
  ["/a/..;x/b", "/b"],
  ["/a/.;x/b", "/a/b"],
  ["/a/..;", "/"],
  ["/a/..;x;y\\z%00/b", "/b"],
  ["/a//..;/b", "/a/b"],
  ["/a/..;?x/..;y", "/?x/..;y"],
  ["/a/...;x/b;x/..x;", "/a/...;x/b;x/..x;"],
  ["/a/%2e.;x/..%3b/\\..;x", "/a/..;x/..%3b/..;x"],
  ['/"<>`{|}^', "/%22%3C%3E%60%7B%7C%7D%5E"],
  ["/a?b=//../%62", "/a?b=//../%62"],
  ["/\u00c3\u00a9", "/%C3%A9"],
])("%s becomes %s", (sent, normal) => {
  expect(normalPath(sent)).toBe(normal);
});

test("an escaped NUL is refused", () => {
  expect(normalPath("/a%00")).toBeUndefined();
});
