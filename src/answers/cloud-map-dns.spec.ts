import { describe, expect, test } from "vitest";
import { aMeshObject, aNamespace, aVirtualNode, meshObject } from "../../test/mesh-objects.ts";
import type { JsonObject } from "../model/json.ts";
import type { MeshObject } from "../model/mesh-object.ts";
import { type CloudMapDns, cloudMapDns, corefileOf } from "./cloud-map-dns.ts";

function dnsOf(...objects: readonly MeshObject[]): CloudMapDns {
  return cloudMapDns({
    objects: [aMeshObject("main"), ...objects].map((object) => ({ kind: "parsed", object, unknown: [] }) as never),
    namespaces: [aNamespace("shop"), aNamespace("bank"), aNamespace("den", {})],
    services: [],
  });
}

function node(place: string, namespaceName: string, serviceName: string): MeshObject {
  return aVirtualNode(place, [8080], { serviceDiscovery: { awsCloudMap: { namespaceName, serviceName } } });
}

function service(place: string, awsName: string): MeshObject {
  const spec: JsonObject = { awsName, provider: { virtualNode: { virtualNodeRef: { name: "blue" } } } };
  return meshObject("VirtualService", place, spec);
}

const namesOf = ({ zones }: CloudMapDns): unknown =>
  Object.fromEntries(zones.map(({ name, services }) => [name, services.map((each) => each.name)]));

describe("the zones of Cloud Map", () => {
  test("have the services of nodes, and the virtual services below them", () => {
    const dns = dnsOf(
      node("shop/blue", "pvt.local", "blue"),
      node("shop/red", "PVT.local.", "red"),
      node("bank/gold", "a.pvt.local", "gold"),
      node("shop/dotted", "pvt.local", "silver.a"),
      service("shop/color", "color.pvt.local"),
      service("shop/deep", "x.color.pvt.local"),
      // the longer zone wins
      service("bank/coin", "coin.a.pvt.local"),
      service("shop/other", "color.example.com"),
      service("shop/zone", "pvt.local"),
    );
    expect(namesOf(dns)).toEqual({
      "a.pvt.local": ["coin.a.pvt.local", "gold.a.pvt.local", "silver.a.pvt.local"],
      "pvt.local": ["blue.pvt.local", "color.pvt.local", "red.pvt.local", "x.color.pvt.local"],
    });
    expect(dns.zones.map(({ nodes }) => nodes)).toEqual([["bank/gold"], ["shop/blue", "shop/dotted", "shop/red"]]);
    expect(dns.notes).toEqual([]);
  });

  test("are those of the mesh alone", () => {
    expect(dnsOf(node("den/blue", "pvt.local", "blue"), service("shop/color", "color.pvt.local")).zones).toEqual([]);
  });

  test.each([
    ["pvt local", "it is no name of DNS"],
    ["pvt.local {\n  forward . 10.0.0.1", "it is no name of DNS"],
    ["..", "it is no name of DNS"],
    ["shop.svc.cluster.local", "names below the cluster's domain are those of its Services"],
    ["cluster.local", "names below the cluster's domain are those of its Services"],
    ["Local.", "the cluster's own domain cluster.local is in it"],
    ["10.in-addr.arpa", "there the cluster's DNS says whose an address is"],
    ["arpa", "there the cluster's DNS says whose an address is"],
  ])("leave out %j, with a note", (zone, why) => {
    const dns = dnsOf(node("shop/blue", zone, "blue"), service("shop/color", "color.shop.svc.cluster.local"));
    expect(dns.zones).toEqual([]);
    expect(dns.notes).toEqual([expect.stringContaining(`of VirtualNode shop/blue, is left out: ${why}`)]);
  });

  test("of a cluster with another domain may be in `cluster.local`, and not in its own", () => {
    const objects = [
      aMeshObject("main"),
      node("shop/blue", "cluster.local", "blue"),
      node("shop/red", "k8s.example", "red"),
    ];
    const dns = cloudMapDns({
      objects: objects.map((object) => ({ kind: "parsed", object, unknown: [] }) as never),
      namespaces: [aNamespace("shop")],
      services: [],
      clusterDomain: "k8s.example",
    });
    expect(namesOf(dns)).toEqual({ "cluster.local": ["blue.cluster.local"] });
    expect(dns.notes).toEqual([expect.stringContaining("of VirtualNode shop/red, is left out: names below")]);
  });

  test("leave a name out that is none, and keep the zone", () => {
    const dns = dnsOf(node("shop/blue", "pvt.local", "blue }"), node("shop/red", "pvt.local", "red"));
    expect(namesOf(dns)).toEqual({ "pvt.local": ["red.pvt.local"] });
    expect(dnsOf(node("shop/blue", "pvt.local", "blue }")).zones).toEqual([]);
    expect(dns.notes).toEqual([expect.stringContaining('"blue }.pvt.local", by which VirtualNode shop/blue is found')]);
  });
});

describe("addresses", () => {
  const addressesOf = ({ zones }: CloudMapDns): Readonly<Record<string, string>> =>
    Object.fromEntries(zones.flatMap(({ services }) => services.map(({ name, address }) => [name, address])));

  test("stay what they are, whatever else comes", () => {
    const alone = addressesOf(dnsOf(node("shop/blue", "pvt.local", "blue")));
    const many = Array.from({ length: 200 }, (_, index) => node(`shop/n${index}`, "pvt.local", `n${index}`));
    expect(addressesOf(dnsOf(...many, node("bank/blue", "pvt.local", "blue")))).toMatchObject(alone);
  });

  test("are of 240.0.0.0/4, each once", () => {
    const many = Array.from({ length: 2000 }, (_, index) => node(`shop/n${index}`, "pvt.local", `n${index}`));
    const found = Object.values(addressesOf(dnsOf(...many)));
    expect(new Set(found).size).toBe(2000);
    for (const address of found) {
      const [first = 0, ...others] = address.split(".").map(Number);
      expect(first).toBeGreaterThanOrEqual(240);
      expect(others.every((part) => part >= 0 && part <= 255)).toBe(true);
      expect(address).not.toBe("255.255.255.255");
    }
  });
});

test("the Corefile has no line that somebody's name is", () => {
  const { zones } = dnsOf(node("shop/blue\n.:53 {", "pvt.local", "blue"));
  expect(
    corefileOf({ zones })
      .split("\n")
      .filter((line) => line.endsWith("{") && !line.startsWith("#")),
  ).toEqual(["pvt.local:53 {", "    hosts {"]);
});

test("the Corefile has a stanza for each zone", () => {
  const blue = ["a", "b", "c", "d", "e"].map((name) => node(`shop/${name}`, "pvt.local", "blue"));
  const { zones } = dnsOf(...blue, node("bank/gold", "bank.local", "gold"));
  const steady = zones.map((zone) => ({
    ...zone,
    services: zone.services.map((each) => ({ ...each, address: "240.0.0.1" })),
  }));
  expect(corefileOf({ zones: steady })).toBe(`# VirtualNodes bank/gold
bank.local:53 {
    errors
    hosts {
        240.0.0.1 gold.bank.local
        ttl 60
        no_reverse
    }
}

# VirtualNodes shop/a, shop/b, shop/c, 2 more
pvt.local:53 {
    errors
    hosts {
        240.0.0.1 blue.pvt.local
        ttl 60
        no_reverse
    }
}
`);
  expect(corefileOf({ zones: [] })).toBe("");
});
