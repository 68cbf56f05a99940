import { expect, test } from "vitest";
import { podState } from "../../../test/unit/diagnose-facts.ts";
import type { CertificateNames } from "../facts/certificate-names.ts";
import type { TrafficFailure } from "../facts/traffic-failures.ts";
import type { PodStatus } from "../facts/workload-status.ts";
import { failureRemarks } from "./traffic-failures.ts";

function pod(name: string, ...failures: readonly TrafficFailure[]): PodStatus {
  return { ...podState(name), verdict: "injected", stream: "none", overflows: [], failures };
}

const said = (failure: TrafficFailure): string =>
  failureRemarks([pod("web-1", failure)])
    .map(({ text, hint }) => `${text}\n${hint}`)
    .join("\n");

test.each<[string, TrafficFailure, RegExp]>([
  [
    "no-route",
    { kind: "no-route", count: 2 },
    /^2 requests .*no backend of VirtualNode shop\/web.*in web-1\n.*spec\.backends of VirtualNode shop\/web/,
  ],
  [
    "closed",
    { kind: "closed", count: 1 },
    /^1 connection of the app was closed .*DROP_ALL.*\n.*spec\.egressFilter\.type: ALLOW_ALL/,
  ],
  [
    "app-refuses",
    { kind: "app-refuses", cluster: "cds_ingress_m_web_shop_http_8080", count: 3 },
    /^the app does not listen on port 8080, .*none of 3 connections.*\n.*spec\.listeners\[\]\.portMapping\.port of VirtualNode shop\/web/,
  ],
  [
    "unreachable",
    { kind: "unreachable", cluster: "cds_egress_m_cart_shop_tcp_90", count: 3 },
    /^no connection to virtual node cart_shop on port 90 succeeded, 3 failed/,
  ],
  [
    "other-name",
    { kind: "other-name", cluster: "cds_egress_m_cart_shop_grpc_80_tls_0a1b2c3d", count: 3 },
    /^3 connections to virtual node cart_shop on port 80 failed.*fail_verify_san.*\n.*subjectAlternativeNames/,
  ],
  [
    "not-trusted",
    { kind: "not-trusted", cluster: "cds_egress_m_cart_shop_http2_80", count: 3 },
    /^3 connections to virtual node cart_shop.*fail_verify_error.*\n.*validation\.trust/,
  ],
  [
    "client-refused",
    { kind: "client-refused", count: 3 },
    /^3 connections to VirtualNode shop\/web failed: the client showed no certificate/,
  ],
  [
    "expired",
    { kind: "expired", certificate: "/certs/tls.crt", since: "2026-11-22T11:59:00.000Z" },
    /^the certificate \/certs\/tls\.crt of VirtualNode shop\/web is over since 2026-11-22T11:59:00\.000Z, in web-1\n/,
  ],
])("%s names the object, what was found and what helps", (_, failure, expected) => {
  expect(said(failure)).toMatch(expected);
});

test.each<[string, CertificateNames | undefined, RegExp]>([
  [
    "both ends are known",
    {
      kind: "known",
      accepted: ["cart.shop", "*.cart.shop"],
      pod: "shop/cart-1",
      shown: [{ path: "/certs/tls.crt", names: ["billing.shop", "b.shop"] }],
    },
    /\(ssl\.fail_verify_san; shop\/cart-1 shows \/certs\/tls\.crt for billing\.shop, b\.shop, accepted is cart\.shop, \*\.cart\.shop\), in web-1\n.*of VirtualNode shop\/web$/,
  ],
  [
    "it was mended",
    { kind: "known", accepted: ["*.shop"], pod: "shop/cart-1", shown: [{ path: "/tls.crt", names: ["cart.shop"] }] },
    /shows \/tls\.crt for cart\.shop, accepted is \*\.shop, and one of them by now: a count that does not grow is of the past\), in/,
  ],
  [
    "it has no name, and others have many",
    {
      kind: "known",
      accepted: ["a", "b", "c", "d", "e", "f", "g"],
      pod: "shop/cart-1",
      shown: [
        { path: "/a", names: [] },
        { path: "/b", names: ["x\u001b[31m"] },
      ],
    },
    /shows \/a for no name and \/b for x \[31m, accepted is a, b, c, d, e and 2 more\), in/,
  ],
  [
    "it shows none",
    { kind: "known", accepted: ["a"], pod: "shop/cart-1", shown: [] },
    /shop\/cart-1 shows no certificate, accepted is a\), in/,
  ],
  [
    "its Envoy could not be asked",
    { kind: "unknown", why: "no answer within 5000 ms", pod: "shop/cart-1" },
    /\(ssl\.fail_verify_san\), in web-1\n.*; which names it has shows outrigger proxy cart-1 -n shop secrets \(no answer within 5000 ms\)$/,
  ],
  [
    "no pod of the node is known",
    { kind: "unknown", why: "", pod: "" },
    /; which names it has shows outrigger proxy POD -n NAMESPACE secrets$/,
  ],
  ["nobody was asked", undefined, /; which names it has shows outrigger proxy POD -n NAMESPACE secrets$/],
])("a certificate with another name is said with its names and those that are accepted: %s", (_, names, expected) => {
  const failure = { kind: "other-name", cluster: "cds_egress_m_cart_shop_http_80", count: 3 } as const;
  expect(said(names === undefined ? failure : { ...failure, names })).toMatch(expected);
});

test("what fails alike in several pods is one sentence, and what differs is not", () => {
  const cart = { kind: "unreachable", cluster: "cds_egress_m_cart_http_80", count: 2 } as const;
  const stock = { kind: "unreachable", cluster: "cds_egress_m_stock_http_80", count: 1 } as const;
  const found = failureRemarks([pod("web-1", cart, stock), pod("web-2", { ...cart, count: 5 })]);
  expect(found.map(({ text }) => text)).toEqual([
    expect.stringMatching(/ node cart .* 7 failed .*in web-1, web-2$/),
    expect.stringMatching(/ node stock .* 1 failed .*in web-1$/),
  ]);
});

test("a pod is named once, whose file of a certificate is two secrets of its Envoy", () => {
  const expired = { kind: "expired", certificate: "/certs/tls.crt", since: "2026-11-22T11:59:00.000Z" } as const;
  expect(failureRemarks([pod("web-1", expired, expired)])[0]?.text).toMatch(/, in web-1$/);
});

test("the name of a mesh that nobody knows stays in that of the node", () => {
  const stranger = { ...pod("web-1", { kind: "unreachable", cluster: "cds_egress_other_cart_http_80", count: 1 }) };
  expect(failureRemarks([stranger])[0]?.text).toContain("virtual node other_cart on port 80");
});
