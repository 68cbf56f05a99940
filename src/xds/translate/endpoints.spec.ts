import { describe, expect, test } from "vitest";
import { nodeView, targetView } from "../../../test/mesh-views.ts";
import type { Member } from "../../graph/registry.ts";
import type { DiscoveryView } from "../../graph/view.ts";
import { IP_PREFERENCES } from "../../model/field-types.ts";
import { PLAIN_TRAITS } from "../../model/proxy-traits.ts";
import type { Cluster } from "../generated/envoy/config/cluster/v3/cluster_pb.js";
import type { Endpoint } from "../generated/envoy/config/endpoint/v3/endpoint_components_pb.js";
import type { ClusterLoadAssignment } from "../generated/envoy/config/endpoint/v3/endpoint_pb.js";
import { egressClusters } from "./egress-clusters.ts";
import { endpointsName, endpointsNamed, endpointsNamesOf, endpointsOfView, loadAssignment } from "./endpoints.ts";

const OF = { namespace: "shop", service: "db", port: 80 };
const SERVICE = { kind: "service", port: OF } as const;

function member(address: string, given: Partial<Member> = {}): Member {
  const family = address.includes(":") ? "IPv6" : "IPv4";
  return { address, port: 8080, family, health: "healthy", zone: undefined, ...given };
}

/** Who is called, as `address:port`. */
function called(name: string, ...members: readonly Member[]): readonly string[] {
  return at(loadAssignment(name, members).endpoints);
}

function at(endpoints: ClusterLoadAssignment["endpoints"] = []): readonly string[] {
  return endpoints.flatMap(({ lbEndpoints }) =>
    lbEndpoints.map(({ hostIdentifier }) => {
      const of = hostIdentifier.value as Endpoint | undefined;
      const place = of?.address?.address;
      return place?.case === "socketAddress" ? `${place.value.address}:${place.value.portSpecifier.value}` : "";
    }),
  );
}

describe("the name of endpoints", () => {
  test.each([undefined, ...IP_PREFERENCES])("says whose they are, and which families: %s", (ipPreference) => {
    const name = endpointsName(SERVICE, ipPreference);
    expect(endpointsNamed(name)).toEqual({ of: SERVICE, ipPreference, checkedPort: undefined });
    expect(endpointsNamesOf(OF, [])).toContain(name);
    const checked = endpointsName(SERVICE, ipPreference, 8081);
    expect(endpointsNamed(checked)).toEqual({ of: SERVICE, ipPreference, checkedPort: 8081 });
    expect(endpointsNamesOf(OF, [8081])).toEqual(expect.arrayContaining([name, checked]));
    expect(endpointsNamesOf(OF, [])).not.toContain(checked);
  });

  test("is had once by a view in which several clusters ask for the same", () => {
    const listeners = [{ port: 80, members: OF }, { port: 81 }];
    const view = nodeView({ targets: ["one", "two"].map((name) => targetView(name, { listeners })) });
    expect(endpointsOfView(view)).toEqual(["shop/db/80"]);
  });

  test("is of the former port while a listener moves, by slices and by Cloud Map", () => {
    const instances = { mesh: "main", namespaceName: "local", serviceName: "db", attributes: [] };
    const targets = [
      targetView("one", { listeners: [{ port: 80, members: OF, formerPort: 81 }] }),
      targetView("two", {
        discovery: { kind: "cloudMap", instances, ipPreference: undefined },
        listeners: [{ port: 80, formerPort: 81 }],
      }),
    ];
    expect(endpointsOfView(nodeView({ targets }))).toEqual(["shop/db/81", "cloudmap:main/local/db/81/"]);
  });
});

test.each<DiscoveryView>([
  { kind: "dns", hostname: "db.shop", responseType: "LOADBALANCER", ipPreference: undefined },
  { kind: "static", endpoints: [{ address: "10.1.0.7", port: undefined }] },
])("a cluster of kind $kind calls the former port while a listener moves", (discovery) => {
  const targets = [targetView("db", { discovery, listeners: [{ port: 80, formerPort: 81 }] })];
  const [cluster] = egressClusters(nodeView({ targets }), PLAIN_TRAITS, "cluster.local").map(({ message }) => message);
  const { name, loadAssignment: assignment } = cluster as Cluster;
  expect([name, at(assignment?.endpoints)]).toEqual([
    "cds_egress_shop_db_shop_http_80",
    [expect.stringMatching(/:81$/)],
  ]);
});

describe("who is called", () => {
  const [four, six] = [member("10.1.0.7"), member("fd00::7")];
  const [leaving, other] = [member("10.1.0.8", { health: "leaving" }), member("fd00::8", { health: "leaving" })];

  test.each<[string, readonly Member[], readonly string[]]>([
    ["shop/db/80", [four, six], ["10.1.0.7:8080", "fd00::7:8080"]],
    ["shop/db/80/IPv4_ONLY", [four, six], ["10.1.0.7:8080"]],
    ["shop/db/80/IPv6_ONLY", [four, six], ["fd00::7:8080"]],
    ["shop/db/80/IPv6_ONLY", [four], []],
    ["shop/db/80/IPv4_PREFERRED", [four, six], ["10.1.0.7:8080"]],
    ["shop/db/80/IPv4_PREFERRED", [six], ["fd00::7:8080"]],
    ["shop/db/80/IPv6_PREFERRED", [four, six], ["fd00::7:8080"]],
    ["shop/db/80/IPv6_PREFERRED", [four], ["10.1.0.7:8080"]],
  ])("by %s is of its families", (name, members, expected) => {
    expect(called(name, ...members)).toEqual(expected);
  });

  test("is about to end only where nobody is well, of no family", () => {
    expect(called("shop/db/80", four, leaving)).toEqual(["10.1.0.7:8080"]);
    expect(called("shop/db/80", leaving, other)).toEqual(["10.1.0.8:8080", "fd00::8:8080"]);
    expect(called("shop/db/80/IPv4_PREFERRED", leaving, six)).toEqual(["fd00::7:8080"]);
    expect(called("shop/db/80/IPv4_ONLY", leaving, six)).toEqual(["10.1.0.8:8080"]);
    expect(called("shop/db/80")).toEqual([]);
  });

  test.each([
    member("127.0.0.1"),
    member("127.8.0.1"),
    member("::1"),
    member("::ffff:127.0.0.1"),
    member("0.0.0.0"),
    member("::"),
    member("169.254.169.254"),
    member("fe80::1"),
    member("224.0.0.1"),
    member("ff02::1"),
    member("255.255.255.255"),
    ...[9901, 15_000, 15_001, 15_020].map((port) => member("10.1.0.9", { port })),
  ])("is never $address:$port", (forbidden) => {
    expect(called("shop/db/80", forbidden, four)).toEqual(["10.1.0.7:8080"]);
    // nor does it keep those from being called who are about to end
    expect(called("shop/db/80", forbidden, leaving)).toEqual(["10.1.0.8:8080"]);
  });

  test("is told with the zone, which has no weight", () => {
    const members = [member("10.1.0.7", { zone: "b" }), member("10.1.0.8"), member("10.1.0.9", { zone: "a" })];
    const { endpoints } = loadAssignment("shop/db/80", [...members, member("10.1.0.10", { zone: "b" })]);
    expect(
      endpoints.map(({ locality, loadBalancingWeight, lbEndpoints }) => [
        locality?.zone,
        loadBalancingWeight,
        lbEndpoints.length,
      ]),
    ).toEqual([
      ["", undefined, 1],
      ["a", undefined, 1],
      ["b", undefined, 2],
    ]);
  });
});
