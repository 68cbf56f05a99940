import fc from "fast-check";
import { expect, test } from "vitest";
import { probeTarget } from "./probe-target.ts";

/*
 * Expected values are what Go 1.26 sends for `url.Parse(path)` with scheme and host overwritten; only a blank in a query
 * is encoded where Go sends it as it is, which no server understands.
 */

test.each([
  ["/healthz", "/healthz"],
  ["/", "/"],
  ["healthz", "/healthz"],
  ["?full=1", "/?full=1"],
  ["/healthz?full=1&empty=", "/healthz?full=1&empty="],
  ["/a%20b/%2Fc", "/a%20b/%2Fc"],
  ["/a//b/../c", "/a//b/../c"],
  ["/semi;colon:at@", "/semi;colon:at@"],
])("%s is sent as %s", (path, target) => {
  expect(probeTarget(path)).toBe(target);
});

test.each([
  ["/healthz#part", "/healthz", "a fragment is not sent"],
  ["http://elsewhere.example:1234/healthz?x", "/healthz?x", "the host is the pod's, whatever the path says"],
  ["//elsewhere.example/healthz", "/healthz", "a host without a scheme is one all the same"],
  ["http://elsewhere.example", "/", "a host alone leaves the root"],
])("of %s only %s is sent: %s", (path, target) => {
  expect(probeTarget(path)).toBe(target);
});

test.each([
  ["/a b", "/a%20b"],
  ["/é☃", "/%C3%A9%E2%98%83"],
  ['/"<>`', "/%22%3C%3E%60"],
  ["/q?x=a b", "/q?x=a%20b"],
  ["/bad%zz?x=1", "/bad%25zz%3Fx=1"],
  ["/line\r\nHost: other", "/line%0D%0AHost:%20other"],
])("what a request line cannot hold is encoded: %j is sent as %s", (path, target) => {
  expect(probeTarget(path)).toBe(target);
});

test("whatever the path, the target is one word of printable ASCII that begins with one slash", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (path) => {
      expect(probeTarget(path)).toMatch(/^\/[!-~]*$/);
    }),
    { interruptAfterTimeLimit: 3000 },
  );
});
