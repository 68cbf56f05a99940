import { describe, expect, test } from "vitest";
import { appMeshObject, documents, listening, SHOP } from "../../../test/shop-manifest.ts";
import { resourcesOf, shown, viewsOf } from "../../../test/translated-manifest.ts";

/* What is seldom seen in the golden files: what two ports that take both come to, and that plain chains stay as they are. */

function ingress(...modes: readonly string[]) {
  const listeners = modes.map((mode, index) => {
    const tls = mode === "" ? "" : `, tls: { mode: ${mode}, certificate: { sds: { secretName: a } } }`;
    return `{ portMapping: { port: ${8080 + index}, protocol: http }${tls} }`;
  });
  const [view] = viewsOf(documents(SHOP, appMeshObject("VirtualNode", "web", listening(listeners, "web.shop"))));
  const found = view && resourcesOf(view).find(({ name }) => name.startsWith("lds_ingress"));
  return (found && shown(found)) as unknown as {
    readonly filter_chains: readonly { readonly name: string }[];
    readonly listener_filters: readonly { readonly filter_disabled?: object }[];
  };
}

function chains(...modes: readonly string[]) {
  return ingress(...modes).filter_chains.map(({ name }) => name);
}

describe("a port of a listener", () => {
  test("has one chain, or two where it takes both", () => {
    expect(chains("")).toEqual(["direct", "ingress_http_8080", "captured"]);
    expect(chains("STRICT")).toEqual(["direct", "ingress_http_8080", "captured"]);
    expect(chains("PERMISSIVE")).toEqual(["direct", "ingress_http_8080", "ingress_http_8080_tls", "captured"]);
  });

  test("keeps its plain chain when TLS comes to it", () => {
    const plain = (mode: string) => ingress(mode).filter_chains.find(({ name }) => name === "ingress_http_8080");
    expect(plain("PERMISSIVE")).toEqual(plain(""));
    expect(plain("STRICT")).not.toEqual(plain(""));
  });
});

test("only connections to ports that take both are looked at for TLS", () => {
  const looked = (...modes: readonly string[]) => ingress(...modes).listener_filters.slice(1);
  expect(looked("", "STRICT")).toEqual([]);
  const range = (port: number) => ({ destination_port_range: { start: port, end: port + 1 } });
  expect(looked("STRICT", "PERMISSIVE")).toMatchObject([{ filter_disabled: { not_match: range(8081) } }]);
  expect(looked("PERMISSIVE", "", "PERMISSIVE")).toMatchObject([
    { filter_disabled: { not_match: { or_match: { rules: [range(8080), range(8082)] } } } },
  ]);
});

test.each([
  ["2001:DB8:0:0::1", "2001:db8::1"],
  ["::ffff:10.1.2.3", "::ffff:10.1.2.3"],
  ["10.1.2.3", "10.1.2.3"],
])("the address %s in a list is compared as %s", (written, compared) => {
  const names = `{ trust: { sds: { secretName: b } }, subjectAlternativeNames: { match: { exact: ["${written}"] } } }`;
  const found = JSON.stringify(ingress(`STRICT, validation: ${names}`));
  const matcher = { san_type: "IP_ADDRESS", matcher: { exact: compared } };
  expect(found).toContain(JSON.stringify(matcher));
});
