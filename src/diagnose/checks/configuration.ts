import { INJECTOR_NAME, INJECTOR_NAMESPACE } from "../../model/names.ts";
import { type Check, type CheckProblem, unread } from "./check.ts";

const PLACE = `ConfigMap ${INJECTOR_NAME} in namespace ${INJECTOR_NAMESPACE}`;

export const injectorConfiguration: Check = {
  id: "configuration",
  title: "Injector's configuration",
  about: "installation",
  run({ configuration, meshes }) {
    if (configuration.kind === "failed") {
      const problem = {
        status: "failed",
        saw: configuration.why,
        hint: `correct ${PLACE}; outrigger config checks a file`,
      };
      return { found: "cannot be used", problems: [problem as CheckProblem] };
    }
    if (configuration.kind !== "read") return unread(configuration, PLACE);
    const { meshName, proxy } = configuration.value;
    const found = `mesh ${meshName || "not named"}, control plane ${proxy.controlPlane}`;
    if (meshName === "" && meshes === undefined)
      return { found: `${found}; which Meshes there are could not be read`, problems: [] };
    if (meshName !== "" || meshes !== 0) return { found, problems: [] };
    const saw =
      "no mesh is named and there are no Mesh objects: every pod must carry the annotation appmesh.k8s.aws/mesh";
    return { found, problems: [{ status: "warning", saw, hint: "MESH_NAME=… outrigger install" }] };
  },
};
