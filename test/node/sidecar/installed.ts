import { install } from "../installation.ts";
import { kubectl } from "../kubectl.ts";

const INJECTOR = "namespace/appmesh-inject";
const REGISTRATION = "mutatingwebhookconfiguration/aws-app-mesh-inject";
/** Goes away with the namespace, that is with every uninstallation. */
const MARK = "outrigger.test/settings";

/**
 * Makes sure that this checkout's Outrigger is installed with its defaults, and serves the mesh as a new installation does.
 * What the file before has installed so is used again, and is left for the next: installing takes longer than most of these
 * tests. Files that need another installation bring it to their own settings and remove it at their end.
 */
export async function installed(): Promise<void> {
  const path = `jsonpath={.metadata.annotations.${MARK.replaceAll(".", "\\.")}}`;
  const found = await kubectl("get", INJECTOR, "--ignore-not-found", `--output=${path}`);
  const registered = await kubectl("get", REGISTRATION, "--ignore-not-found", "--output=name");
  if (found === "defaults" && registered !== "") return;
  // over what another file left it would go on observing
  await install({ controlPlane: { mesh: "serve" } });
  await kubectl("annotate", "--overwrite", INJECTOR, `${MARK}=defaults`);
}

/** Before a file changes the installation: should it end in the middle, the next one brings it back to the defaults. */
export async function forgetSettings(): Promise<void> {
  await kubectl("annotate", INJECTOR, `${MARK}-`);
}
