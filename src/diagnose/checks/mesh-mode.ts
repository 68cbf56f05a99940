import { meshModeText } from "../facts/mesh-mode.ts";
import { type Check, unread } from "./check.ts";

export const meshMode: Check = {
  id: "mesh-mode",
  title: "The mesh",
  about: "installation",
  run({ meshModes }) {
    const { setting } = meshModes;
    if (setting.kind !== "read") return unread(setting, "ConfigMap outrigger in namespace appmesh-system");
    return { found: meshModeText(meshModes) ?? "", problems: [] };
  },
};
