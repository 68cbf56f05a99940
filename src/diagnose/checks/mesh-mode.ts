import { isObservedSomewhere, meshModeText } from "../facts/mesh-mode.ts";
import { type Check, unread } from "./check.ts";

const WAY_ON = "outrigger diff --serve says what workloads would lose if they were served, outrigger serve switches";

export const meshMode: Check = {
  id: "mesh-mode",
  title: "The mesh",
  about: "installation",
  run({ meshModes }) {
    const { setting } = meshModes;
    if (setting.kind !== "read") return unread(setting, "ConfigMap outrigger in namespace appmesh-system");
    const text = meshModeText(meshModes) ?? "";
    const found = isObservedSomewhere(meshModes) ? `${text}; ${WAY_ON}` : text;
    return meshModes.unread === "" ? { found, problems: [] } : { notApplicable: found };
  },
};
