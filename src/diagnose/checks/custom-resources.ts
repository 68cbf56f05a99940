import { ownDefinitions } from "../facts/definition-state.ts";
import { type Check, type CheckProblem, some, unread } from "./check.ts";

const HINT = "outrigger install --crds-only, or kubectl apply --server-side --force-conflicts -k deploy/crds";

export const customResources: Check = {
  id: "custom-resources",
  title: "App Mesh kinds",
  about: "cluster",
  run({ crds, controlPlane }) {
    if (crds.kind !== "read") return unread(crds, "CustomResourceDefinition");
    const kinds = crds.value.map(({ name }) => plural(name));
    const found =
      kinds.length === 0
        ? "not installed: nodes and meshes come from annotations, owners and the configuration"
        : `installed: ${some(kinds, 12)}`;
    // before an installation they are as they are, and it brings them up to date
    if (controlPlane.deployment.kind !== "read") return { found, problems: [] };
    const present = new Set(crds.value.map(({ name }) => name));
    const missing = ownDefinitions().filter((name) => !present.has(name));
    const older = crds.value.filter(({ state }) => state !== "ours");
    const problems: CheckProblem[] = [];
    if (missing.length > 0) {
      problems.push({ status: "warning", saw: `not installed: ${some(missing.map(plural), 12)}`, hint: HINT });
    }
    if (older.length > 0) {
      const names = older.map(({ name, state }) =>
        state === "foreign" ? `${plural(name)} (App Mesh's own)` : plural(name),
      );
      const saw = `not those of this release, so that fields may be refused that it knows: ${some(names, 12)}`;
      problems.push({ status: "warning", saw, hint: HINT });
    }
    return { found, problems };
  },
};

function plural(name: string): string {
  return name.split(".")[0] ?? name;
}
