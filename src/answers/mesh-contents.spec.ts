import { expect, test } from "vitest";
import { aMeshObject, aNamespace, aVirtualNode } from "../../test/mesh-objects.ts";
import { NO_SETTINGS } from "../graph/graph-settings.ts";
import { meshGraph } from "./mesh-contents.ts";

const WEB = aVirtualNode("shop/web", [], {
  listeners: [
    {
      portMapping: { port: 8080, protocol: "http" },
      tls: {
        mode: "STRICT",
        certificate: { acm: { certificateARN: "arn:aws:acm:eu-west-1:123456789012:certificate/1" } },
      },
    },
  ],
  serviceDiscovery: { dns: { hostname: "web.shop.svc.k8s.example" } },
});

test.each([
  ["it has, what is below it is the mesh's", { clusterDomain: "k8s.example" }, []],
  ["nobody knows, that of nearly all is taken", {}, ["certificate-name"]],
])("of the domain that a cluster %s", (_, known, expected) => {
  const graph = meshGraph(
    {
      objects: [aMeshObject("main"), WEB].map((object) => ({ kind: "parsed", object, unknown: [] }) as never),
      namespaces: [aNamespace("shop")],
      services: [],
      ...known,
    },
    NO_SETTINGS,
  );
  expect(graph.allProblems().map(({ code }) => code)).toEqual(expected);
});
