import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { compile, digestOfSources, expectUnchanged, javaScriptOf } from "./compiled-sources.ts";
import { copiedFile, type ImageEntry, textFile } from "./image-entry.ts";
import type { ImageRecipe } from "./image-recipe.ts";
import { nodeRuntimeLayer, RUNTIME_PATH } from "./node-runtime.ts";
import { productionPackages } from "./production-packages.ts";
import { NON_ROOT } from "./standard-files.ts";

const CHECKOUT = join(import.meta.dirname, "..", "..");
const HOME = "/opt/outrigger";

/** What decides the upper layer: our code, how it is compiled, and what it depends on. */
export const SOURCES = [
  "src",
  "scripts/build.mjs",
  "scripts/bundle.mjs",
  "scripts/generate-protos.mjs",
  "tsconfig.json",
  "tsconfig.build.json",
  "bin",
  "docs/diagnose.md",
  "docs/problems.md",
  "package.json",
  "package-lock.json",
];

/** `#!/usr/bin/env` would need a program more; this is the launcher under the name that people type. */
const COMMAND = `#!/usr/local/bin/node\nimport "${HOME}/bin/outrigger.js";\n`;

/**
 * Our own image, out of this checkout as it is now. Two layers, because the lower one hardly ever changes: a changed
 * source costs a second, not the copying of Node.js.
 */
export async function outriggerImage(): Promise<ImageRecipe> {
  const { version } = JSON.parse(await readFile(join(CHECKOUT, "package.json"), "utf8")) as { version: string };
  const sources = await digestOfSources(CHECKOUT, SOURCES);
  return {
    references: [`outrigger/outrigger:${version}`],
    layers: [
      await nodeRuntimeLayer(),
      {
        name: "outrigger",
        inputs: [sources],
        async entries(scratch) {
          const dist = join(scratch, "dist");
          // the types are the business of the checks, not of an image for tests
          await compile(["scripts/build.mjs", "--out", dist, "--no-check"], CHECKOUT, "src/");
          await expectUnchanged(CHECKOUT, SOURCES, sources);
          return await outriggerEntries(dist);
        },
      },
    ],
    config: { User: `${NON_ROOT}:${NON_ROOT}`, Entrypoint: ["outrigger"], Env: [RUNTIME_PATH] },
  };
}

/** Our own program with its production packages; `dist` is the folder of its bundles. */
export async function outriggerEntries(dist: string): Promise<readonly ImageEntry[]> {
  const kept = ["LICENSE", "NOTICE", "package.json", "bin/outrigger.js", "docs/diagnose.md", "docs/problems.md"];
  return [
    ...kept.map((file) => copiedFile(`${HOME}/${file}`, join(CHECKOUT, file))),
    ...(await javaScriptOf(dist, `${HOME}/dist`)),
    copiedFile(`${HOME}/dist/LICENSES.txt`, join(dist, "LICENSES.txt")),
    ...(await productionPackages(CHECKOUT, HOME)),
    textFile("/usr/local/bin/outrigger", COMMAND, 0o755),
  ];
}
