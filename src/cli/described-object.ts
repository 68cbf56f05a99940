import { nearestName } from "../config/nearest.ts";
import { APPMESH_GROUP, KIND_FACTS, KINDS, type Kind } from "../model/kinds.ts";
import { keyOf, type ObjectRef } from "../model/mesh-object.ts";
import type { FieldProblem } from "../model/parse-object.ts";
import { CommandError } from "./exit.ts";

/** In two letters, as people say; App Mesh's definitions give kubectl no short names. */
const SHORT: Readonly<Record<string, Kind>> = {
  vn: "VirtualNode",
  vr: "VirtualRouter",
  vs: "VirtualService",
  vg: "VirtualGateway",
  gr: "GatewayRoute",
  bg: "BackendGroup",
};

/** The kind that a word means: as kubectl takes it, also with its group, or in two letters. */
function kindOf(word: string): Kind | undefined {
  const asked = word.toLowerCase().replace(`.${APPMESH_GROUP}`, "");
  if (Object.hasOwn(SHORT, asked)) return SHORT[asked];
  return KINDS.find((kind) => kind.toLowerCase() === asked || KIND_FACTS[kind].plural === asked);
}

/**
 * The App Mesh object that KIND/NAME means, of `namespace`, or KIND/NAMESPACE/NAME, as problems name it; the kind may be a word of its own. A Mesh is in
 * no namespace. Throws CommandError for anything else.
 */
export function meshObjectRef(words: readonly string[], namespace: string): ObjectRef {
  const [word = "", ...place] = words.flatMap((one) => one.split("/"));
  const kind = kindOf(word);
  const isCluster = kind !== undefined && KIND_FACTS[kind].scope === "Cluster";
  const [name = "", own = namespace] = place.toReversed();
  if (kind === undefined || place.length > (isCluster ? 1 : 2) || name === "" || own === "") {
    const kinds = KINDS.map((one) => one.toLowerCase());
    const nearest = kind === undefined ? nearestName(word.toLowerCase(), kinds) : undefined;
    const hint = nearest === undefined ? "" : ` (did you mean ${nearest}?)`;
    const given = JSON.stringify(words.join(" "));
    throw new CommandError(
      "usage",
      `${given}: expected KIND/NAME, or KIND/NAMESPACE/NAME, where KIND is one of ${kinds.join(", ")}${hint}`,
    );
  }
  return { kind, namespace: isCluster ? "" : own, name };
}

/** That an object is there, and is not what the API server takes: what of it is wrong first. */
export function unreadableObject(ref: ObjectRef, faults: readonly FieldProblem[]): CommandError {
  return new CommandError("refused", `${keyOf(ref)} cannot be read: ${firstFault(faults, "outrigger problems")}`);
}

/** The first of what is wrong, how many more there are, and the command that has all. */
export function firstFault([first, ...more]: readonly FieldProblem[], command: string): string {
  const others = more.length === 0 ? "" : ` (and ${more.length} more: ${command} has all)`;
  return `${first?.path ?? ""} ${first?.message ?? ""}`.trim() + others;
}
