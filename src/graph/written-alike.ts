import { sameJson } from "../model/json.ts";
import type { MeshObject } from "../model/mesh-object.ts";

/** Whether two states of an object are the same to whoever finds it in a list: nobody looks at the status there. */
export function isWrittenAlike(a: MeshObject | undefined, b: MeshObject | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const { labels, annotations } = a.metadata;
  return (
    sameJson(a.spec as never, b.spec as never) &&
    sameJson(labels, b.metadata.labels) &&
    sameJson(annotations, b.metadata.annotations)
  );
}
