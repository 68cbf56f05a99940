import { isDeepStrictEqual } from "node:util";
import { edited, firstShop } from "../envoy/mesh/chaos/edits.ts";
import type { Chance } from "../envoy/mesh/chaos/random.ts";
import type { Node, Ports, Shop } from "../envoy/mesh/chaos/shop.ts";
import type { TlsSources } from "../envoy/mesh/chaos/tls.ts";

/** A mesh with a node in Cloud Map from the beginning: none moves there. */
export function storedShop(random: Chance, ports: Ports, tls: TlsSources): Shop {
  const shop = firstShop(random, ports, tls);
  const pool = shop.nodes["pool-3"] as Node;
  const discovery = { kind: "cloudMap", service: "one", version: undefined } as const;
  return { ...shop, nodes: { ...shop.nodes, "pool-3": { ...pool, discovery } } };
}

/** An edit that an API server takes; TLS stays, as each change takes half a minute where there are two replicas. */
export function storedEdit(shop: Shop, random: Chance): Shop {
  const next = edited(shop, random);
  const nodes = Object.entries(next.nodes).map(([name, node]): readonly [string, Node] => {
    const before = shop.nodes[name]?.discovery;
    if (before === undefined || isDeepStrictEqual(before, node.discovery)) return [name, node];
    // what stands in `awsCloudMap` cannot be changed
    const isFixed = [before, node.discovery].some(({ kind }) => kind === "cloudMap");
    return [name, isFixed ? { ...node, discovery: before } : node];
  });
  return { ...next, tls: shop.tls, nodes: next.nodes === shop.nodes ? shop.nodes : Object.fromEntries(nodes) };
}
