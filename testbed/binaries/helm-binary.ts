import { createHash } from "node:crypto";
import { access, constants, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { type Locations, locations } from "../locations.ts";
import type { Progress } from "../progress.ts";
import { goBuilds } from "./go-build.ts";
import { MODULES } from "./module-files.ts";

/**
 * Path of helm, which tests of the chart render with: the one on `PATH`, else built from source once and kept in the user's cache.
 *
 * @throws TestbedError `unavailable` without Go, `build` when Go fails.
 */
export async function helmBinary(
  progress: Progress,
  env: NodeJS.ProcessEnv = process.env,
  where: Locations = locations(env),
): Promise<string> {
  for (const folder of (env.PATH ?? "").split(delimiter)) {
    const path = join(folder, "helm");
    if (folder !== "" && (await isExecutable(path))) return path;
  }
  const hash = createHash("sha256").update(`${process.platform}/${process.arch}\n`);
  for (const file of ["go.mod", "go.sum"]) hash.update(await readFile(join(MODULES, "helm", file)));
  const set = {
    key: `helm-${hash.digest("hex").slice(0, 16)}`,
    title: "helm from source, once (two to four minutes on two cores)",
    builds: [{ module: "helm", packages: ["helm.sh/helm/v4/cmd/helm"] }],
  };
  return join(await goBuilds(set, progress, env, where), "helm");
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
