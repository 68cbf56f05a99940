import { podView } from "../../inject/pod.ts";
import { otherMesh } from "../../inject/rules/other-mesh.ts";
import { INJECT_KEY } from "../../model/names.ts";
import { takesPart } from "../facts/namespace-state.ts";
import { valueIn } from "../facts/reading.ts";
import { type Check, type CheckProblem, count, unread } from "./check.ts";

export const otherMeshes: Check = {
  id: "other-meshes",
  title: "Other meshes",
  about: "cluster",
  run({ namespaces, configuration }) {
    if (namespaces.kind !== "read") return unread(namespaces, "namespace of this name");
    const isInsisting = valueIn(configuration)?.otherMesh === "insist";
    const isUnknown = configuration.kind === "refused";
    const problems = namespaces.value.filter(takesPart).flatMap((namespace): readonly CheckProblem[] => {
      const sign = otherMesh(podView({}), namespace);
      if (sign === undefined) return [];
      const what = isUnknown
        ? "whether its pods get two sidecars or none of ours depends on otherMesh, which could not be read"
        : isInsisting
          ? "its pods may get two sidecars"
          : "its pods get no sidecar of ours";
      return [
        {
          status: "warning",
          saw: `namespace ${namespace.name} is labelled for two meshes: ${sign.saw} (${sign.mesh}); ${what}`,
          hint: `take one of the two labels away: kubectl label namespace ${namespace.name} ${INJECT_KEY}-`,
        },
      ];
    });
    const number =
      problems.length === 0
        ? "no labelled namespace belongs"
        : `${count(problems.length, "labelled namespace")} also belong`;
    return { found: `${number} to another mesh`, problems };
  },
};
