import { describe, expect, test } from "vitest";
import { httpRoute, routedService, serviceView, targetView, to } from "../../test/mesh-views.ts";
import type { ListenerTls } from "../model/tls.ts";
import { problemsOf, type Say } from "./report.ts";
import { sayListenerTls, sayMismatches, sayPolicyTls } from "./tls-problems.ts";
import type { ServiceView } from "./view.ts";

const WEB = { kind: "VirtualNode", namespace: "shop", name: "web" } as const;
const FILE = { certificateChain: "/a.crt", privateKey: "/a.key" };
const TRUST = { file: { certificateChain: "/ca.pem" } };
const STRICT: ListenerTls = { mode: "STRICT", certificate: { file: FILE } };
const MUTUAL: ListenerTls = { ...STRICT, validation: { trust: TRUST } };

const NO_SECRETS = () => undefined;

function said(collect: (say: Say) => void) {
  return problemsOf(WEB, collect).map(({ code, path, message }) => `${code} ${path}: ${message}`);
}

describe("a certificate cannot be used", () => {
  const so = "so no TLS connection is made";
  test.each<[string, ListenerTls["certificate"], string]>([
    ["that is not there", {}, `tls.certificate: none of file, sds and acm is given, ${so}`],
    ["twice", { file: FILE, sds: { secretName: "a" } }, `tls.certificate: file and sds are given, ${so}`],
    [
      "at half a path",
      { file: { ...FILE, privateKey: "a.key" } },
      `tls.certificate.file.privateKey: "a.key" is no path from the root of the container of Envoy, ${so}`,
    ],
    ["without a name", { sds: { secretName: "" } }, `tls.certificate.sds.secretName: a secret needs a name, ${so}`],
  ])("%s", (_, certificate, expected) => {
    const listener = said((say) => sayListenerTls({ mode: "STRICT", certificate }, "spec.listeners[0]", say));
    expect(listener).toEqual([`bad-certificate spec.listeners[0].${expected}`]);
    const policy = { tls: { certificate, validation: { trust: TRUST } } };
    expect(said((say) => sayPolicyTls(policy, "p", say))).toEqual([`bad-certificate p.${expected}`]);
  });

  test("nor can such a trust, on either side", () => {
    const at = (path: string) => `bad-certificate ${path}: none of file, sds and acm is given, ${so}`;
    const tls = { ...STRICT, validation: { trust: {} } };
    expect(said((say) => sayListenerTls(tls, "l", say))).toEqual([at("l.tls.validation.trust")]);
    const policy = { tls: { validation: { trust: {} } } };
    expect(said((say) => sayPolicyTls(policy, "p", say))).toEqual([at("p.tls.validation.trust")]);
  });

  test("nor a listener that lists names of clients, and none that can be one", () => {
    const listing = (...exact: readonly string[]) => {
      const validation = { trust: TRUST, subjectAlternativeNames: { match: { exact: [...exact] } } };
      return said((say) => sayListenerTls({ ...STRICT, validation }, "l", say));
    };
    const at = "l.tls.validation.subjectAlternativeNames.match.exact";
    expect(listing()).toEqual([`bad-certificate ${at}: no client's name is listed, ${so}`]);
    expect(listing(".")).toEqual(listing());
    expect(listing("", "front.shop")).toEqual([]);
  });

  test("nor, of a listener, a trust in ACM", () => {
    const tls = { ...STRICT, validation: { trust: { acm: { certificateAuthorityARNs: ["arn:ca"] } } } };
    expect(said((say) => sayListenerTls(tls, "l", say))).toEqual([
      `bad-certificate l.tls.validation.trust.acm: certificates in the place of ACM's are for servers alone, and no client has one, ${so}`,
    ]);
  });

  test("nor one by a very long name, nor names beyond what a list may have", () => {
    const long = "a".repeat(2049);
    const found = `it has 2049 characters, ${so}`;
    const listener = { mode: "STRICT", certificate: { acm: { certificateARN: long } } } as const;
    expect(said((say) => sayListenerTls(listener, "l", say))).toEqual([
      `bad-certificate l.tls.certificate.acm: ${found}`,
    ]);
    const exact = Array.from({ length: 102 }, (_, index) => `name-${index}`);
    const subjectAlternativeNames = { match: { exact } };
    const trust = { acm: { certificateAuthorityARNs: ["arn", long] } };
    const many =
      "subjectAlternativeNames.match.exact: 102 names are listed, and the first 100 count, so certificates with others are refused";
    expect(said((say) => sayPolicyTls({ tls: { validation: { trust, subjectAlternativeNames } } }, "p", say))).toEqual([
      `bad-certificate p.tls.validation.trust.acm: ${found}`,
      `bad-certificate p.tls.validation.${many}`,
    ]);
    const mutual = { ...STRICT, validation: { trust: { sds: { secretName: long } }, subjectAlternativeNames } };
    expect(said((say) => sayListenerTls(mutual, "l", say))).toEqual([
      `bad-certificate l.tls.validation.trust.sds: ${found}`,
      `bad-certificate l.tls.validation.${many}`,
    ]);
  });

  test("and none of TLS that is off, or good, is said", () => {
    const tls = { mode: "DISABLED", certificate: {} } as const;
    expect(said((say) => sayListenerTls(tls, "l", say))).toEqual([]);
    expect(said((say) => sayListenerTls(MUTUAL, "l", say))).toEqual([]);
    expect(said((say) => sayPolicyTls(undefined, "p", say))).toEqual([]);
  });
});

describe("a node that a client calls", () => {
  const checked = { validation: { trust: TRUST } };
  const whole = { ...checked, certificate: { file: FILE } };
  const acm = { validation: { trust: { acm: { certificateAuthorityARNs: ["arn:ca"] } } } };
  const ofAcm: ListenerTls = { ...STRICT, certificate: { acm: { certificateARN: "arn:web" } } };

  /** ARNs that mean Secrets; what is wrong with their authorities. */
  const secrets = (arn: string) => {
    const flaw = arn.includes("flawed") ? { found: "it has no ca.crt", help: "store it" } : undefined;
    const facts = { certificate: undefined, authority: flaw };
    return arn.includes("secret") ? { arn, secret: "web", namespaces: [], facts } : undefined;
  };
  const trusting = (...arns: readonly string[]) => ({
    validation: { trust: { acm: { certificateAuthorityARNs: arns } } },
  });
  const showing = (arn: string): ListenerTls => ({ ...STRICT, certificate: { acm: { certificateARN: arn } } });

  function mismatches(tls: object | undefined, listener: ListenerTls | undefined, service?: ServiceView) {
    const called = service ?? serviceView("back", { kind: "node", target: "back_shop", ports: [8080] });
    const clientPolicy = tls && { tls: tls as typeof checked };
    const services = [{ ...called, clientPolicy }];
    const targets = [targetView("back", { listeners: [{ tls: listener }] })];
    return said((say) => sayMismatches({ services, targets, pathOf: () => "p", certificate: secrets }, say));
  }

  test.each<[string, object | undefined, ListenerTls | undefined]>([
    ["plain text, and no policy", undefined, undefined],
    ["plain text, and a policy that does not insist", { ...checked, enforce: false }, undefined],
    ["TLS, and no policy", undefined, STRICT],
    ["TLS, and a policy", checked, STRICT],
    ["both, and a policy", checked, { ...STRICT, mode: "PERMISSIVE" }],
    ["mutual TLS, and a certificate", whole, MUTUAL],
    ["a certificate of ACM, and a trust in it", acm, ofAcm],
    ["a certificate of ACM, and a file that may know its authority", checked, ofAcm],
    ["a certificate of a Secret, and no policy", undefined, showing("arn:secret")],
    ["a certificate of a Secret, and a trust in one", trusting("arn:secret:ca"), showing("arn:secret")],
    ["a certificate of a Secret, and a trust in one and the control plane", trusting("arn:secret", "arn"), ofAcm],
    ["a certificate of a file, and a trust in a Secret that may have its authority", trusting("arn:secret"), STRICT],
  ])("is reached: %s", (_, tls, listener) => {
    expect(mismatches(tls, listener)).toEqual([]);
  });

  const DEMANDED =
    "tls-mismatch p: port 8080 of back_shop speaks no TLS, and the client policy demands it, so nobody is reached there";
  const asks = (has: string) =>
    `tls-mismatch p: port 8080 of back_shop asks its clients for a certificate, and ${has}, so nobody is reached there`;
  test.each<[string, object | undefined, ListenerTls | undefined, string]>([
    ["TLS is demanded and not spoken", checked, undefined, DEMANDED],
    ["nor where it is off", checked, { ...STRICT, mode: "DISABLED" }, DEMANDED],
    ["a certificate is asked for, without a policy", undefined, MUTUAL, asks("no client policy is for it")],
    ["and with a policy without one", checked, MUTUAL, asks("the client policy has none")],
    [
      "a certificate of a file is shown to those who trust ACM",
      acm,
      STRICT,
      "tls-mismatch p: port 8080 of back_shop shows a certificate of file, and the client policy trusts acm alone, which is the control plane, so nobody is reached there",
    ],
    [
      "a certificate of a Secret is shown to those who trust the control plane",
      acm,
      showing("arn:secret"),
      "tls-mismatch p: port 8080 of back_shop shows the certificate of a Secret, and the client policy trusts acm alone, which is the control plane, so nobody is reached there",
    ],
    [
      "a certificate of the control plane is shown to those who trust a Secret",
      trusting("arn:secret:ca"),
      ofAcm,
      "tls-mismatch p: port 8080 of back_shop shows a certificate that the control plane signs, and the client policy trusts authorities of Secrets alone, so nobody is reached there",
    ],
    [
      "the certificate of a Secret without authorities is shown to those without a policy",
      undefined,
      showing("arn:secret:flawed"),
      "tls-mismatch p: port 8080 of back_shop shows the certificate of a Secret, and by that nobody can check it, as it has no ca.crt, so nobody is reached there",
    ],
    ["also where both are spoken", checked, { ...MUTUAL, mode: "PERMISSIVE" }, asks("the client policy has none")],
  ])("is not: %s", (_, tls, listener, expected) => {
    expect(mismatches(tls, listener)).toEqual([expected]);
  });

  test("is looked at behind a router too, once for all of its routes", () => {
    const routes = [httpRoute("one", [to("back")]), httpRoute("two", [to("back")])];
    expect(mismatches(checked, undefined, routedService("back", { port: 80, protocol: "http", routes }))).toEqual([
      DEMANDED,
    ]);
  });

  test("has none of many ports of a policy, which is said once", () => {
    const ports = Array.from({ length: 5000 }, (_, index) => index + 1);
    expect(mismatches({ ...checked, ports }, STRICT)).toEqual([
      "port-mismatch p.ports: none of the called nodes listens on port 1, nor on 4999 more of its ports, so the policy is not for them; they listen on 8080",
    ]);
    const on = Array.from({ length: 12 }, (_, index) => 8000 + index);
    const service = serviceView("back", { kind: "node", target: "back_shop", ports: on } as const);
    const clientPolicy = { tls: { validation: { trust: TRUST }, ports: [80] } };
    const targets = [targetView("back", { listeners: on.map((port) => ({ port, tls: STRICT })) })];
    const [found = ""] = said((say) =>
      sayMismatches(
        { services: [{ ...service, clientPolicy }], targets, pathOf: () => "p", certificate: NO_SECRETS },
        say,
      ),
    );
    expect(found).toMatch(/they listen on 8000, .*, 8009, …$/);
  });

  test("may have none of the ports of a policy that other services have too", () => {
    const clientPolicy = { tls: { validation: { trust: TRUST }, ports: [8443, 9000] } };
    const services = [8080, 8443].map((port) => ({
      ...serviceView(`on-${port}`, { kind: "node", target: `on-${port}_shop`, ports: [port] } as const),
      clientPolicy,
    }));
    const targets = [8443, 8080].map((port) => targetView(`on-${port}`, { listeners: [{ port, tls: STRICT }] }));
    expect(
      said((say) => sayMismatches({ services, targets, pathOf: () => "p", certificate: NO_SECRETS }, say)),
    ).toEqual([
      "port-mismatch p.ports: none of the called nodes listens on port 9000, so the policy is not for it; they listen on 8080, 8443",
    ]);
  });

  test("has none of the ports of a policy, which then is not for it", () => {
    expect(mismatches({ ...checked, ports: [80] }, STRICT)).toEqual([
      "port-mismatch p.ports: none of the called nodes listens on port 80, so the policy is not for it; they listen on 8080",
    ]);
    expect(mismatches({ ...checked, ports: [8080] }, STRICT)).toEqual([]);
  });
});
