import type { ModeTarget } from "../answers/mode-change.ts";
import { nearestName } from "../config/nearest.ts";
import type { GatheredMesh } from "../diagnose/gather/mesh.ts";
import { CommandError } from "./exit.ts";

/** As kubectl takes them, and as `kubectl get -o name` prints them. */
const KINDS: Readonly<Record<string, "mesh" | "namespace">> = {
  mesh: "mesh",
  meshes: "mesh",
  "mesh.appmesh.k8s.aws": "mesh",
  "meshes.appmesh.k8s.aws": "mesh",
  namespace: "namespace",
  namespaces: "namespace",
  ns: "namespace",
};

/**
 * What the words of a command line name: `mesh/NAME`, `namespace/NAME`, or kind and name as two words; undefined: nothing. `example` is the command
 * that takes them. Throws CommandError for anything else, and for words beside `--all`.
 */
export function modeTarget(words: readonly string[], all: true | undefined, example: string): ModeTarget | undefined {
  if (words.length === 0) return all ? { kind: "all" } : undefined;
  const given = words.join(" ");
  if (all) throw new CommandError("usage", `expected either ${given} or --all: one of them or everything?`);
  const [kind = "", name = "", ...rest] = words.length === 1 ? given.split("/") : words;
  const known = Object.hasOwn(KINDS, kind.toLowerCase()) ? KINDS[kind.toLowerCase()] : undefined;
  if (known === undefined || name === "" || rest.length > 0 || name.includes("/")) {
    throw new CommandError(
      "usage",
      `expected mesh/NAME or namespace/NAME, one of them, as in ${example} namespace/shop; found ${JSON.stringify(given)}`,
    );
  }
  return { kind: known, name };
}

/** Throws CommandError where the target is not in the cluster; what is near is named. */
export async function refuseUnknown(
  target: ModeTarget,
  mesh: Pick<GatheredMesh, "meshes" | "namespaces">,
): Promise<void> {
  if (target.kind === "all") return;
  const [what, names] =
    target.kind === "mesh" ? ["Mesh", mesh.meshes] : ["namespace", mesh.namespaces.map(({ name }) => name)];
  if (names.includes(target.name)) return;
  const { plain, plainList } = await import("../answers/answers.ts");
  const nearest = nearestName(target.name, names);
  const found = names.length === 0 ? "there is none at all" : `there is ${plainList(names.toSorted())}`;
  const hint = nearest === undefined ? found : `did you mean ${target.kind}/${plain(nearest)}?`;
  throw new CommandError("usage", `there is no ${what} ${plain(target.name)}: ${hint}`);
}
