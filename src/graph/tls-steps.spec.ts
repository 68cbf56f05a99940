import { describe, expect, test } from "vitest";
import type { ListenerTls } from "../model/tls.ts";
import { type ServerWay, tlsOfBoth, tlsSteps } from "./tls-steps.ts";

const file = (name: string) => ({ certificateChain: `/c/${name}.crt`, privateKey: `/c/${name}.key` });
const trust = (name: string) => ({ file: { certificateChain: `/c/${name}.pem` } });
const exact = (...names: string[]) => ({ subjectAlternativeNames: { match: { exact: names } } });

function tls(mode: ListenerTls["mode"], more: Partial<ListenerTls> = {}, certificate = "a"): ListenerTls {
  return { mode, certificate: { file: file(certificate) }, ...more };
}

describe("what takes whatever one of both takes", () => {
  const mutual = tls("STRICT", { validation: { trust: trust("a") } });
  const many = Array.from({ length: 60 }, (_, index) => `${index}.shop`);

  test.each<[string, ListenerTls | undefined, ListenerTls | undefined, ListenerTls | undefined]>([
    ["plain text, and none of DISABLED", undefined, tls("DISABLED"), tls("DISABLED")],
    ["plain text, and TLS", undefined, tls("STRICT"), tls("PERMISSIVE")],
    ["none of DISABLED, and TLS", tls("DISABLED"), tls("STRICT"), tls("PERMISSIVE")],
    ["both, and TLS", tls("PERMISSIVE"), tls("STRICT"), tls("PERMISSIVE")],
    ["TLS, and TLS", tls("STRICT"), tls("STRICT"), tls("STRICT")],
    ["plain text, and TLS with a certificate of clients", undefined, mutual, { ...mutual, mode: "PERMISSIVE" }],
    ["TLS, with a certificate of clients and without", mutual, tls("STRICT"), tls("STRICT")],
    [
      "clients of some names, and of others",
      tls("STRICT", { validation: { trust: trust("a"), ...exact("one", "two") } }),
      tls("STRICT", { validation: { trust: trust("a"), ...exact("two", "three") } }),
      tls("STRICT", { validation: { trust: trust("a"), ...exact("one", "two", "three") } }),
    ],
    [
      "clients of some names, and of all",
      tls("STRICT", { validation: { trust: trust("a"), ...exact("one") } }),
      mutual,
      mutual,
    ],
  ])("%s", (_, one, other, expected) => {
    expect(tlsOfBoth(one, other)).toEqual({ tls: expected });
    // of two that are plain text what is written is as good as what was
    if (expected?.mode !== "DISABLED") expect(tlsOfBoth(other, one)?.tls?.mode).toBe(expected?.mode);
  });

  test.each<[string, ListenerTls, ListenerTls]>([
    ["two certificates", tls("STRICT"), tls("STRICT", {}, "b")],
    ["two authorities of clients", mutual, tls("STRICT", { validation: { trust: trust("b") } })],
    [
      "more names than count",
      tls("STRICT", { validation: { trust: trust("a"), ...exact(...many) } }),
      tls("STRICT", { validation: { trust: trust("a"), ...exact(...many.map((name) => `more-${name}`)) } }),
    ],
  ])("is nothing of %s", (_, one, other) => {
    expect(tlsOfBoth(one, other)).toBeUndefined();
  });
});

describe("the steps", () => {
  const plain: ServerWay = { tls: undefined, namedTls: [] };
  const shown = (before: ServerWay, written: ListenerTls | undefined) =>
    tlsSteps(before, written).map(({ server, callers }) => [
      server.tls?.mode ?? "plain",
      server.tls?.certificate.file?.certificateChain,
      server.namedTls.map((named) => named.tls.certificate.file?.certificateChain),
      callers.kind,
    ]);

  test("from plain text to TLS: both, then callers, then TLS alone", () => {
    expect(shown(plain, tls("STRICT"))).toEqual([
      ["PERMISSIVE", "/c/a.crt", [], "before"],
      ["PERMISSIVE", "/c/a.crt", [], "written"],
      ["STRICT", "/c/a.crt", [], "written"],
    ]);
  });

  test("from one certificate to another: the new one for those who ask for its name, first", () => {
    expect(shown({ tls: tls("STRICT"), namedTls: [] }, tls("STRICT", {}, "b"))).toEqual([
      ["STRICT", "/c/a.crt", ["/c/b.crt"], "before"],
      ["STRICT", "/c/a.crt", ["/c/b.crt"], "named"],
      ["STRICT", "/c/b.crt", ["/c/b.crt"], "named"],
      ["STRICT", "/c/b.crt", ["/c/b.crt"], "written"],
      ["STRICT", "/c/b.crt", [], "written"],
    ]);
  });

  test("a third certificate meanwhile stands beside the second, whose name some may ask for", () => {
    const [first] = tlsSteps({ tls: tls("STRICT"), namedTls: [] }, tls("STRICT", {}, "b"));
    const [next] = tlsSteps(first?.server ?? plain, tls("STRICT", {}, "c"));
    expect(next?.server.namedTls.map((named) => named.tls.certificate.file)).toEqual([file("b"), file("c")]);
    expect(shown(first?.server ?? plain, tls("STRICT")).map(([, , named]) => named)).toEqual([
      ["/c/b.crt"],
      ["/c/b.crt"],
      [],
    ]);
  });

  test("a name says nothing of what it stands for, and is the same for the same", () => {
    const names = [1, 2].map(() => tlsSteps({ tls: tls("STRICT"), namedTls: [] }, tls("STRICT", {}, "b"))[0]?.server);
    expect(names[0]).toEqual(names[1]);
    expect(names[0]?.namedTls[0]?.serverName).toMatch(/^[0-9a-f]{16}\.next\.tls\.outrigger\.dev$/);
  });
});
