import { type Check, some, unread } from "../check.ts";

export const customResources: Check = {
  id: "custom-resources",
  title: "App Mesh kinds",
  about: "cluster",
  run({ crds }) {
    if (crds.kind !== "read") return unread(crds, "CustomResourceDefinition");
    const kinds = crds.value.map((name) => name.split(".")[0] ?? name);
    const found =
      kinds.length === 0
        ? "not installed: nodes and meshes come from annotations, owners and the configuration"
        : `installed: ${some(kinds, 12)}`;
    return { found, problems: [] };
  },
};
