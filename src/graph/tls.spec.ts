import { describe, expect, test } from "vitest";
import { clientTls, serverTls, type WrittenClientTls } from "./tls.ts";

const FILE = { certificateChain: "/tls/a.crt", privateKey: "/tls/a.key" };
const CERTIFICATE = { kind: "file", ...FILE } as const;
const STRICT = { mode: "STRICT", certificate: { file: FILE } } as const;
const ACM = { mode: "STRICT", certificate: { acm: { certificateARN: "arn:one" } } } as const;
const TRUST = { file: { certificateChain: "/tls/ca.pem" } } as const;
const POLICY: WrittenClientTls = { validation: { trust: TRUST } };

const HOST = "back.shop";
const CHECKED = { trust: { kind: "file", certificateChain: "/tls/ca.pem" }, names: ["back.shop"] };

describe("a listener", () => {
  test("is plain without TLS, and with TLS that is off", () => {
    expect(serverTls(undefined)).toBeUndefined();
    expect(serverTls({ ...STRICT, mode: "DISABLED" })).toBeUndefined();
  });

  test.each(["STRICT", "PERMISSIVE"] as const)("has its mode %s and its certificate", (mode) => {
    expect(serverTls({ ...STRICT, mode })).toEqual({ mode, certificate: CERTIFICATE, validation: undefined });
  });

  test("checks clients where it says how, and their names only where it lists some", () => {
    const validation = (exact: readonly string[]) => ({ trust: TRUST, subjectAlternativeNames: { match: { exact } } });
    expect(serverTls({ ...STRICT, validation: { trust: TRUST } })?.validation?.names).toEqual([]);
    expect(serverTls({ ...STRICT, validation: validation(["a.", "b", "a", ""]) })?.validation?.names).toEqual([
      "a",
      "b",
    ]);
  });

  test("of a gateway lets nobody in whom ACM would have to know: no client has such a certificate", () => {
    const validation = { trust: { acm: { certificateAuthorityARNs: ["arn:ca"] } } };
    expect(serverTls({ ...STRICT, validation })?.validation).toEqual({ trust: { kind: "unusable" }, names: [] });
  });

  test.each([[[]], [[""]], [["."]]])("lets nobody in where it lists names, and these are none: %j", (exact) => {
    const validation = { trust: TRUST, subjectAlternativeNames: { match: { exact } } };
    expect(serverTls({ ...STRICT, validation })?.validation).toEqual({ trust: { kind: "unusable" }, names: [] });
  });

  test.each([
    ["no certificate", {}],
    ["several", { file: FILE, sds: { secretName: "a" } }],
    ["a path that is not whole", { file: { ...FILE, privateKey: "a.key" } }],
    ["an SDS secret without a name", { sds: { secretName: "" } }],
  ])("with %s has none that can be used, and still no plain text", (_, certificate) => {
    expect(serverTls({ mode: "STRICT", certificate })).toMatchObject({ certificate: { kind: "unusable" } });
  });
});

describe("what each cluster of a client repeats is bounded:", () => {
  const listed = (exact: readonly string[]) => {
    const validation = { trust: TRUST, subjectAlternativeNames: { match: { exact } } };
    const { names = [] } = clientTls({ validation }, 80, STRICT, HOST)?.validation ?? {};
    return names.length;
  };
  const numbered = (count: number) => Array.from({ length: count }, (_, index) => `name-${index}`);

  test("of very many names, or very long ones, the first count", () => {
    expect(listed(numbered(100))).toBe(100);
    expect(listed(numbered(101))).toBe(100);
    expect(listed(["a".repeat(16_383), "b", "c"])).toBe(2);
  });

  test("a list whose first name is too long already lets nobody in", () => {
    const validation = { trust: TRUST, subjectAlternativeNames: { match: { exact: ["a".repeat(16_385)] } } };
    expect(serverTls({ ...STRICT, validation })?.validation?.trust).toEqual({ kind: "unusable" });
    expect(clientTls({ validation }, 80, STRICT, HOST)?.validation?.names).toEqual([HOST]);
  });

  test.each([
    [{ sds: { secretName: "a".repeat(2048) } }, "sds"],
    [{ sds: { secretName: "a".repeat(2049) } }, "unusable"],
    [{ acm: { certificateARN: "a".repeat(2048) } }, "acm"],
    [{ acm: { certificateARN: "a".repeat(2049) } }, "unusable"],
  ] as const)("a certificate by a very long name cannot be used (%#)", (certificate, kind) => {
    expect(serverTls({ mode: "STRICT", certificate })?.certificate.kind).toBe(kind);
  });

  test.each([
    [{ acm: { certificateAuthorityARNs: ["arn:one", "a".repeat(2048)] } }, "acm"],
    [{ acm: { certificateAuthorityARNs: ["arn:one", "a".repeat(2049)] } }, "unusable"],
    [{ sds: { secretName: "a".repeat(2049) } }, "unusable"],
  ] as const)("nor can such a trust (%#)", (trust, kind) => {
    expect(clientTls({ validation: { trust } }, 80, STRICT, HOST)?.validation?.trust.kind).toBe(kind);
  });
});

describe("without a policy a client", () => {
  test("speaks what the listener does", () => {
    expect(clientTls(undefined, 80, undefined, HOST)).toBeUndefined();
    expect(clientTls(undefined, 80, { ...STRICT, mode: "DISABLED" }, HOST)).toBeUndefined();
  });

  test.each(["STRICT", "PERMISSIVE"] as const)("takes any certificate of a file from a listener that is %s", (mode) => {
    const plain = { certificate: undefined, validation: undefined, serverName: "back.shop" };
    expect(clientTls(undefined, 80, { ...STRICT, mode }, HOST)).toEqual(plain);
  });

  test("checks a certificate of ACM, whose signer is known", () => {
    expect(clientTls(undefined, 80, ACM, HOST)?.validation).toEqual({
      trust: { kind: "acm", arns: ["arn:one"] },
      names: ["back.shop"],
    });
  });
});

describe("with a policy a client", () => {
  test.each([
    ["TLS", STRICT],
    ["plain text", undefined],
  ])("speaks TLS to a listener of %s", (_, listener) => {
    const expected = { certificate: undefined, validation: CHECKED, serverName: "back.shop" };
    expect(clientTls(POLICY, 80, listener, HOST)).toEqual(expected);
  });

  test("speaks plain text where that is all there is, if it must not speak TLS", () => {
    const soft = { ...POLICY, enforce: false };
    expect(clientTls(soft, 80, undefined, HOST)).toBeUndefined();
    expect(clientTls(soft, 80, STRICT, HOST)?.validation).toEqual(CHECKED);
  });

  test("has none for other ports than those of the policy, and an empty list is all of them", () => {
    const ported = { ...POLICY, ports: [443] };
    expect(clientTls(ported, 443, STRICT, HOST)?.validation).toEqual(CHECKED);
    expect(clientTls(ported, 80, STRICT, HOST)?.validation).toBeUndefined();
    expect(clientTls(ported, 80, undefined, HOST)).toBeUndefined();
    expect(clientTls({ ...POLICY, ports: [] }, 80, STRICT, HOST)?.validation).toEqual(CHECKED);
  });

  test("shows its certificate, which knows beside what it is used", () => {
    const tls = clientTls({ ...POLICY, certificate: { file: FILE } }, 80, STRICT, HOST);
    expect(tls?.certificate).toEqual({ ...CERTIFICATE, beside: "/tls/ca.pem" });
    expect(tls?.validation?.trust).toMatchObject({ beside: [FILE.certificateChain, FILE.privateKey] });
  });

  test("trusts nobody where it does not say whom", () => {
    const several = { validation: { trust: { ...TRUST, sds: { secretName: "a" } } } };
    for (const policy of [{ validation: { trust: {} } }, several]) {
      expect(clientTls(policy, 80, STRICT, HOST)?.validation?.trust).toEqual({ kind: "unusable" });
    }
  });
});

test.each([
  ["a name", HOST, "back.shop", ["back.shop"]],
  ["a name with a dot at its end", "back.shop.", "back.shop", ["back.shop"]],
  ["an address, which no server is asked for by name", "10.1.2.3", undefined, ["10.1.2.3"]],
  ["no name, so that any will do", undefined, undefined, []],
])("of a target that is called by %s that is the name", (_, hostname, serverName, names) => {
  expect(clientTls(POLICY, 80, STRICT, hostname)).toMatchObject({ serverName, validation: { names } });
});
