import { type DescMessage, type JsonObject as ProtobufJson, toJson } from "@bufbuild/protobuf";
import { parseAllDocuments, stringify } from "yaml";
import { serviceSummary } from "../src/cluster/service-resources.ts";
import { MeshGraph } from "../src/graph/graph.ts";
import type { NodeView } from "../src/graph/view.ts";
import { type JsonObject, member, objectOf, stringMapOf, stringOf } from "../src/model/json.ts";
import { APPMESH_API_VERSION } from "../src/model/kinds.ts";
import type { Change } from "../src/model/mesh-change.ts";
import { refOf } from "../src/model/mesh-object.ts";
import { parseObject } from "../src/model/parse-object.ts";
import { PLAIN_TRAITS, type ProxyTraits } from "../src/model/proxy-traits.ts";
import type { Resource } from "../src/xds/encode/resource.ts";
import { translateNode } from "../src/xds/translate/node.ts";
import { ENVOY_MESSAGES } from "./envoy-messages.ts";

/** As a pod of this release has them. */
export const TRAITS: ProxyTraits = { ...PLAIN_TRAITS, ipv6: true, directions: "separate" };

const CLUSTER = { domain: "cluster.local" };

/** The views of the virtual nodes of a manifest, in the order of their names; a Mesh says nothing of serving: they are served. */
export function viewsOf(manifest: string): readonly NodeView[] {
  const graph = new MeshGraph({ mesh: "serve", accountId: "", clusterDomain: "cluster.local" });
  graph.apply(parseAllDocuments(manifest).flatMap((document) => changesOf(document.toJS() as JsonObject)));
  return graph.views().filter((view) => view.kind === "virtualNode");
}

function changesOf(object: JsonObject): readonly Change[] {
  const metadata = objectOf(object["metadata"]);
  if (object["kind"] === "Namespace") {
    const name = stringOf(member(metadata, "name")) ?? "";
    const labels = stringMapOf(member(metadata, "labels"));
    const annotations = stringMapOf(member(metadata, "annotations"));
    return [{ kind: "namespace", name, before: undefined, after: { name, labels, annotations } }];
  }
  if (object["kind"] === "Service") {
    const summary = serviceSummary(object);
    const [name = "", namespace = ""] = ["name", "namespace"].map((key) => stringOf(member(metadata, key)));
    const after = { addresses: summary.kind === "ownAddresses" ? summary.addresses : [] };
    return [{ kind: "service", namespace, name, before: undefined, after }];
  }
  if (object["apiVersion"] !== APPMESH_API_VERSION) return [];
  const parsed = parseObject(object);
  if (parsed.kind === "refused") throw new Error(JSON.stringify(parsed.problems));
  return [{ kind: "object", ref: refOf(parsed.object), before: undefined, after: parsed.object, refused: [] }];
}

/** What a proxy of the view gets. */
export function resourcesOf(view: NodeView, traits = TRAITS): readonly Resource[] {
  return translateNode(view, traits, CLUSTER);
}

/** A resource as Envoy's documentation writes it. */
export function shown({ message }: Resource): ProtobufJson {
  const schema = ENVOY_MESSAGES.getMessage(message.$typeName) as DescMessage;
  return toJson(schema, message, { registry: ENVOY_MESSAGES, useProtoFieldName: true }) as ProtobufJson;
}

/** What each proxy of the manifest gets, as YAML. */
export function translated(manifest: string): string {
  const all = viewsOf(manifest).map((view) => ({ node: view.name, resources: resourcesOf(view).map(shown) }));
  return all.map((each) => stringify(each, { lineWidth: 0, aliasDuplicateObjects: false })).join("---\n");
}
