import { expect, test } from "vitest";
import { aMeshObject, aNamespace, aVirtualNode, meshObject } from "../../test/mesh-objects.ts";
import { cloudMapDns, corefileOf } from "./cloud-map-dns.ts";
import type { MeshContents } from "./mesh-contents.ts";
import { unansweredNames } from "./unanswered-names.ts";

const discovery = { awsCloudMap: { namespaceName: "pvt.local", serviceName: "blue" } };
const provider = { virtualNode: { virtualNodeRef: { name: "blue" } } };
const CONTENTS: MeshContents = {
  objects: [
    aMeshObject("main"),
    aVirtualNode("shop/blue", [8080], { serviceDiscovery: discovery }),
    meshObject("VirtualService", "shop/color", { awsName: "Color.pvt.local", provider }),
    meshObject("VirtualService", "shop/other", { awsName: "color.example.com", provider }),
  ].map((object) => ({ kind: "parsed", object, unknown: [] }) as never),
  namespaces: [aNamespace("shop")],
  services: [],
};
const DNS = cloudMapDns(CONTENTS);
const STANDARD = `.:53 {
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        ttl 30
    }
    forward . /etc/resolv.conf
    reload
}
`;

test.each<[string, string, readonly string[]]>([
  ["nothing of it", STANDARD, ["color"]],
  ["what outrigger dns prints", `${STANDARD}${corefileOf(DNS)}`, []],
  ["another zone", `${STANDARD}example.com:53 {\n  forward . 10.0.0.2\n}\n`, ["color"]],
  ["the zone, with another server", `example.com pvt.local.:53 {\n  forward . 10.0.0.2\n}\n${STANDARD}`, []],
  ["the zone by its address", `dns://PVT.local:53 {\n  forward . 10.0.0.2\n}\n`, []],
  ["an older list without the name", `pvt.local:53 {\n  hosts {\n    240.0.0.1 blue.pvt.local\n  }\n}\n`, ["color"]],
  ["a list in a file", `pvt.local:53 {\n  hosts /etc/coredns/pvt.hosts {\n    ttl 60\n  }\n}\n`, []],
  ["a list, and another server", `pvt.local {\n hosts {\n  fallthrough\n }\n forward . 10.0.0.2\n}\n`, []],
  ["a comment alone", `${STANDARD}# pvt.local:53 {\n# }\n`, ["color"]],
  ["the name in another block", `a.local:53 {\n  rewrite name pvt.local color.pvt.local\n}\n`, ["color"]],
  ["files that are imported", `import custom/*.server\n${STANDARD}`, []],
  ["an import within a block", `.:53 {\n  import custom/*.override\n}\n`, []],
  ["nothing at all", "", ["color"]],
])("a Corefile with %s", (_, corefile, expected) => {
  const problems = unansweredNames(DNS, CONTENTS, corefile);
  expect(problems.map(({ object }) => object.name)).toEqual(expected);
  for (const { code, path, message, help } of problems) {
    expect({ code, path }).toEqual({ code: "name-not-answered", path: "spec.awsName" });
    expect(message).toContain("color.pvt.local is a name of the Cloud Map namespace pvt.local");
    expect(help).toContain("outrigger dns");
  }
});
