import { Document, isScalar, visit } from "yaml";
import type { JsonObject } from "../../model/json.ts";

/** The objects as a stream of YAML documents, as `kubectl apply -f -` reads it. */
export function manifestYaml(objects: readonly JsonObject[]): string {
  return objects.map((object) => `---\n${objectYaml(object)}`).join("");
}

/**
 * One object as YAML, ending with a line feed. YAML 1.1, because Kubernetes' reader takes an unquoted `yes` for a boolean; never
 * an anchor. Lists of plain values stand in one line.
 */
export function objectYaml(object: JsonObject): string {
  const document = new Document(object, { aliasDuplicateObjects: false, version: "1.1" });
  visit(document, {
    Seq(_key, list) {
      list.flow = list.items.every(isScalar);
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false, directives: false });
}

/** The objects as one JSON List, which kubectl reads as well. */
export function manifestJson(objects: readonly JsonObject[]): string {
  return `${JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }, null, 2)}\n`;
}
