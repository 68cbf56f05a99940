import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { debianRoot } from "../packages/debian-root.ts";
import { BUSYBOX_PACKAGES, busyboxEntries } from "./busybox-image.ts";
import { compile, digestOfSources, expectUnchanged, javaScriptOf } from "./compiled-sources.ts";
import { textFile } from "./image-entry.ts";
import type { ImageRecipe } from "./image-recipe.ts";
import { nodeRuntimeLayer, RUNTIME_PATH } from "./node-runtime.ts";
import { NON_ROOT } from "./standard-files.ts";

const TESTBED = join(import.meta.dirname, "..");
const HOME = "/opt/app";

const COMMAND = `#!/usr/local/bin/node\nimport "${HOME}/main.js";\n`;

/** The test application, `app` on the path, with busybox beside it for probes by command and for looking around. */
export async function appImage(): Promise<ImageRecipe> {
  const sources = await digestOfSources(TESTBED, ["app"]);
  return {
    references: ["testbed/app:1"],
    layers: [
      await nodeRuntimeLayer(),
      {
        name: "app",
        inputs: [sources, ...BUSYBOX_PACKAGES],
        async entries(scratch, progress) {
          const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
          await compile([tsc, "-p", "app", "--noCheck", "--outDir", scratch], TESTBED, "testbed/app");
          await expectUnchanged(TESTBED, ["app"], sources);
          return [
            ...(await busyboxEntries(await debianRoot("busybox", BUSYBOX_PACKAGES, progress))),
            ...(await javaScriptOf(scratch, HOME)),
            textFile(`${HOME}/package.json`, '{ "type": "module" }\n'),
            textFile("/usr/local/bin/app", COMMAND, 0o755),
          ];
        },
      },
    ],
    config: { User: `${NON_ROOT}:${NON_ROOT}`, Entrypoint: ["app"], Env: [RUNTIME_PATH] },
  };
}
