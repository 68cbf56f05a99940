import { selectorOf } from "../graph/label-selector.ts";
import { compareTexts } from "../model/compare-texts.ts";
import { describeSelector, selectorMatches } from "../model/selector.ts";
import type { MeshContents } from "./mesh-contents.ts";
import type { LookedAt } from "./mesh-problems.ts";
import { meshesIn } from "./mode-change.ts";
import { plain } from "./plain-text.ts";

/**
 * One sentence for each namespace whose objects stay in a Mesh that does not select it any more, sorted; of `only` where one is asked for.
 * That is as it should be and no problem: it tells why objects of one namespace differ, where what is new is not in that Mesh.
 */
export function keptMembers(
  { objects, namespaces }: MeshContents,
  looked: readonly LookedAt[],
  only: string | undefined,
): readonly string[] {
  const meshes = new Map(meshesIn(objects).map(({ metadata, spec }) => [metadata.name, spec]));
  const labelled = new Map(namespaces.map(({ name, labels }) => [name, labels]));
  const kept = looked.flatMap(({ object, mesh = "" }) => {
    const spec = meshes.get(mesh);
    const labels = object && labelled.get(object.namespace);
    if (spec === undefined || labels === undefined) return [];
    const selector = selectorOf(spec.namespaceSelector);
    if (selector !== undefined && selectorMatches(selector, labels)) return [];
    const wants =
      selector === undefined ? "which has no namespaceSelector" : `which wants ${describeSelector(selector)}`;
    return only === undefined || object?.namespace === only
      ? [{ namespace: object?.namespace ?? "", mesh, wants }]
      : [];
  });
  const groups = Map.groupBy(kept, ({ namespace, mesh }) => `${namespace}/${mesh}`);
  return [...groups]
    .toSorted(([a], [b]) => compareTexts(a, b))
    .flatMap(([, group]) => {
      const [first] = group;
      if (first === undefined) return [];
      const { namespace, mesh, wants } = first;
      const stay = group.length === 1 ? "1 object stays" : `${group.length} objects stay`;
      return [
        plain(
          `${stay} in Mesh ${mesh}, ${wants} and does not select namespace ${namespace}: what is new there is not in it`,
        ),
      ];
    });
}
