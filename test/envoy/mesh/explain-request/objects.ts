import type { JsonObject } from "../../../../src/model/json.ts";
import { APPMESH_API_VERSION } from "../../../../src/model/kinds.ts";
import type { Chance } from "../chaos/random.ts";
import { SHOP_LABEL } from "./words.ts";

export type Egress = "ALLOW_ALL" | "DROP_ALL";

/** The namespace `shop`, and the Mesh that selects it. */
export function shopWith(egress: Egress): readonly JsonObject[] {
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop", labels: SHOP_LABEL } },
    {
      apiVersion: APPMESH_API_VERSION,
      kind: "Mesh",
      metadata: { name: "shop" },
      spec: { namespaceSelector: { matchLabels: SHOP_LABEL }, egressFilter: { type: egress } },
    },
  ];
}

/** Once in so many times. */
export function maybe(chance: Chance, oneIn: number, fields: JsonObject): JsonObject {
  return chance.below(oneIn) === 0 ? fields : {};
}

export function object(kind: string, name: string, spec: JsonObject): JsonObject {
  return { apiVersion: APPMESH_API_VERSION, kind, metadata: { name, namespace: "shop" }, spec };
}
