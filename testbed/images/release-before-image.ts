import { dirname } from "node:path";
import { progressOnStderr } from "../progress.ts";
import { releaseBefore } from "../release-before.ts";
import { textFile } from "./image-entry.ts";
import type { ImageRecipe } from "./image-recipe.ts";
import { nodeRuntimeLayer, RUNTIME_PATH } from "./node-runtime.ts";
import { productionPackages } from "./production-packages.ts";
import { NON_ROOT } from "./standard-files.ts";

const HOME = "/opt/outrigger";

/** The image of the release before: its package as npm packed it, on the runtime that ours has. */
export async function releaseBeforeImage(): Promise<ImageRecipe> {
  const { version, package: path } = await releaseBefore(progressOnStderr);
  const root = dirname(dirname(path));
  const command = `#!/usr/local/bin/node\nimport "${HOME}/node_modules/outrigger/bin/outrigger.js";\n`;
  return {
    references: [`outrigger/outrigger:${version}`],
    layers: [
      await nodeRuntimeLayer(),
      {
        name: "release-before",
        // its folder is named by a digest of what it was installed from
        inputs: [root],
        entries: async () => [
          ...(await productionPackages(root, HOME)),
          textFile("/usr/local/bin/outrigger", command, 0o755),
        ],
      },
    ],
    config: { User: `${NON_ROOT}:${NON_ROOT}`, Entrypoint: ["outrigger"], Env: [RUNTIME_PATH] },
  };
}
