import { expect, test } from "vitest";
import { XDS_LIMITS } from "../limits.ts";
import { secretName } from "./secrets.ts";

const LONG = "x".repeat(XDS_LIMITS.nameLength);

const KEYS = `/${"\u{1f511}".repeat(254)}`;

test.each([
  ["an ARN", { kind: "acm", arn: LONG }, { kind: "acm", arn: `${LONG}y` }, /^acm-certificate:%:[0-9a-f]{64}$/],
  [
    "ARNs of authorities",
    { kind: "acm", arns: ["arn:one", LONG] },
    { kind: "acm", arns: ["arn:two", LONG] },
    /^acm-trust:%:[0-9a-f]{64}$/,
  ],
  [
    "a name of SDS without a server",
    { kind: "sds", secretName: LONG },
    { kind: "sds", secretName: `${LONG}y` },
    /^no-sds-socket:%:[0-9a-f]{64}$/,
  ],
  [
    "paths of many bytes",
    { kind: "file", certificateChain: KEYS, privateKey: KEYS },
    { kind: "file", certificateChain: KEYS, privateKey: `${KEYS}y` },
    /^file-certificate:%:[0-9a-f]{64}$/,
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

test.each([
  ["ARNs", { kind: "acm", arns: ["arn:a", "arn:b"] }, { kind: "acm", arns: ["arn:a,arn:b"] }],
  ["ARNs with escapes", { kind: "acm", arns: ["arn:a,arn:b"] }, { kind: "acm", arns: ["arn:a%2Carn:b"] }],
  [
    "paths",
    { kind: "file", certificateChain: "/a", privateKey: "/b:/c" },
    { kind: "file", certificateChain: "/a:/b", privateKey: "/c" },
  ],
] as const)("%s that are put together in another way come to another name", (_, one, other) => {
  expect(secretName(one)).not.toBe(secretName(other));
});

test("files that are used beside several others have a name for each, and one of their own where nothing is beside them", () => {
  const [certificate, trust] = [
    { kind: "file", certificateChain: "/a.crt", privateKey: "/a.key" },
    { kind: "file", certificateChain: "/ca.pem" },
  ] as const;
  const names = [
    { ...certificate, beside: "/ca.pem" },
    { ...certificate, beside: "/other.pem" },
    certificate,
    { ...trust, beside: ["/a.crt", "/a.key"] as const },
    { ...trust, beside: ["/a.crt:/a.key", ""] as const },
    trust,
    { ...trust, certificateChain: "/ca.pem:%with:/a.crt:/a.key" },
    { kind: "acm", arns: ["arn:a"], beside: ["/a.crt", "/a.key"] } as const,
    { kind: "acm", arns: ["arn:a"] } as const,
  ].map(secretName);
  expect(new Set(names).size).toBe(names.length);
  expect(names[0]).toBe("file-certificate:/a.crt:/a.key:%with:/ca.pem");
});

test("nobody can write an ARN that comes to the name of others that are too long", () => {
  const [, hash = ""] = secretName({ kind: "acm", arns: [LONG] }).split("acm-trust:");
  expect(secretName({ kind: "acm", arns: [hash] })).not.toBe(`acm-trust:${hash}`);
});

test("names of ARNs and paths as everybody has them are the texts themselves", () => {
  expect(secretName({ kind: "acm", arns: ["arn:aws:acm-pca:a", "arn:b"] })).toBe("acm-trust:arn:aws:acm-pca:a,arn:b");
  const file = { kind: "file", certificateChain: "/certs/tls.crt", privateKey: "/certs/tls.key" } as const;
  expect(secretName(file)).toBe("file-certificate:/certs/tls.crt:/certs/tls.key");
});
