import { expect, test } from "vitest";
import { XDS_LIMITS } from "../limits.ts";
import { secretName } from "./secrets.ts";

const LONG = "x".repeat(XDS_LIMITS.nameLength);

const KEYS = `/${"\u{1f511}".repeat(254)}`;

test.each([
  ["an ARN", { kind: "acm", arn: LONG }, { kind: "acm", arn: `${LONG}y` }, /^acm-certificate:[0-9a-f]{64}$/],
  [
    "ARNs of authorities",
    { kind: "acm", arns: ["arn:one", LONG] },
    { kind: "acm", arns: ["arn:two", LONG] },
    /^acm-trust:[0-9a-f]{64}$/,
  ],
  [
    "a name of SDS without a server",
    { kind: "sds", secretName: LONG },
    { kind: "sds", secretName: `${LONG}y` },
    /^no-sds-socket:[0-9a-f]{64}$/,
  ],
  [
    "paths of many bytes",
    { kind: "file", certificateChain: KEYS, privateKey: KEYS },
    { kind: "file", certificateChain: KEYS, privateKey: `${KEYS}y` },
    /^file-certificate:[0-9a-f]{64}$/,
  ],
] as const)(
  "%s too long to be asked for comes to a name that can be, of that source alone",
  (_, source, other, name) => {
    expect(secretName(source)).toMatch(name);
    expect(secretName(other)).not.toBe(secretName(source));
  },
);

test("the longest name that can be asked for is as it was", () => {
  const arn = LONG.slice("acm-certificate:".length);
  expect(secretName({ kind: "acm", arn })).toBe(`acm-certificate:${arn}`);
});
