import { expect, test } from "vitest";
import { podState } from "../../../test/unit/diagnose-facts.ts";
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

test("what fails alike in several pods is one sentence, and what differs is not", () => {
  const cart = { kind: "unreachable", cluster: "cds_egress_m_cart_http_80", count: 2 } as const;
  const stock = { kind: "unreachable", cluster: "cds_egress_m_stock_http_80", count: 1 } as const;
  const found = failureRemarks([pod("web-1", cart, stock), pod("web-2", { ...cart, count: 5 })]);
  expect(found.map(({ text }) => text)).toEqual([
    expect.stringMatching(/ node cart .* 7 failed .*in web-1, web-2$/),
    expect.stringMatching(/ node stock .* 1 failed .*in web-1$/),
  ]);
});

test("the name of a mesh that nobody knows stays in that of the node", () => {
  const stranger = { ...pod("web-1", { kind: "unreachable", cluster: "cds_egress_other_cart_http_80", count: 1 }) };
  expect(failureRemarks([stranger])[0]?.text).toContain("virtual node other_cart on port 80");
});
