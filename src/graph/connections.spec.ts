import { expect, test } from "vitest";
import { httpRoute, routedService, serviceView, targetView, to } from "../../test/mesh-views.ts";
import { withConnections } from "./connections.ts";
import type { ServiceView } from "./view.ts";

const STRICT = { mode: "STRICT", certificate: { sds: { secretName: "back" } } } as const;
const BACK = targetView("back", { listeners: [{ tls: STRICT }] });
const NODE = { kind: "node", target: "back_shop", ports: [8080] } as const;

function called(name: string, trusted?: string, provider: ServiceView["provider"] = NODE): ServiceView {
  const tls = trusted === undefined ? undefined : { validation: { trust: { sds: { secretName: trusted } } } };
  return { ...serviceView(name, provider), clientPolicy: tls && { tls } };
}

function ways(...services: readonly ServiceView[]) {
  const [listener] = withConnections([BACK], services)[0]?.listeners ?? [];
  return (listener?.connections ?? []).map(({ suffix, tls, services: names }) => {
    const trust = tls?.validation?.trust;
    return [suffix, trust?.kind === "sds" ? trust.secretName : undefined, names];
  });
}

test("one policy is one way, by the documented name", () => {
  expect(ways(called("a", "one"), called("b", "one"))).toEqual([["", "one", []]]);
});

test("of several policies the first service's has the documented name, and each other one a name of its own", () => {
  const found = ways(called("a", "one"), called("b", "two"), called("c", "two"), called("d"));
  expect(found).toEqual([
    ["", "one", []],
    [expect.stringMatching(/^_tls_[0-9a-f]{8}$/), "two", ["b.shop.svc.cluster.local", "c.shop.svc.cluster.local"]],
    [expect.stringMatching(/^_tls_[0-9a-f]{8}$/), undefined, ["d.shop.svc.cluster.local"]],
  ]);
  expect(found[1]?.[0]).not.toBe(found[2]?.[0]);
});

test("a name comes from the policy alone, so it stays when other services come and go", () => {
  const [, before] = ways(called("a", "one"), called("d", "two"));
  const [, , after] = ways(called("a", "one"), called("b", "three"), called("d", "two"));
  expect(after?.[0]).toBe(before?.[0]);
});

test("a service reaches it through a router too; one that does not reach it has no say", () => {
  const router = routedService("a", { port: 80, protocol: "http", routes: [httpRoute("all", [to("back")])] });
  const elsewhere = called("0", "three", { kind: "none" });
  const policy = { tls: { validation: { trust: { sds: { secretName: "one" } } } } };
  expect(ways(elsewhere, { ...router, clientPolicy: policy }, called("b", "one"))).toEqual([["", "one", []]]);
});

test("without TLS anywhere all connect in one way", () => {
  const [target] = withConnections([targetView("back")], [called("a"), called("b")]);
  expect(target?.listeners[0]?.connections).toEqual([{ suffix: "", tls: undefined, services: [] }]);
});
