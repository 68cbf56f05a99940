import { PROXY_IMAGES } from "../../src/config/schema.ts";
import { ENVOY_VERSION, envoyBinary } from "../envoy-binary.ts";
import { debianRoot } from "../packages/debian-root.ts";
import { copiedFile, textFile } from "./image-entry.ts";
import type { ImageRecipe } from "./image-recipe.ts";
import { MERGED_USR, pickLibrariesOf } from "./pick.ts";
import { NON_ROOT, STANDARD_FILES } from "./standard-files.ts";

/** The libraries are those of Debian 12, which the upstream image has too. */
const PACKAGES = ["libc6"];

/**
 * Stock Envoy as the upstream image without a shell has it: same path, entrypoint and user. Served under the names of
 * both flavors; under AWS's it lacks the agent that AWS's image has, so such a pod can start and no more.
 */
export const envoyImage: ImageRecipe = {
  references: Object.values(PROXY_IMAGES).map((image) => image.slice(image.indexOf("/") + 1)),
  layers: [
    {
      name: "envoy",
      inputs: [ENVOY_VERSION, process.env.OUTRIGGER_ENVOY ?? "", ...PACKAGES],
      async entries(_scratch, progress) {
        const binary = await envoyBinary();
        const root = await debianRoot("libc", PACKAGES, progress);
        return [
          ...STANDARD_FILES,
          ...MERGED_USR,
          ...(await pickLibrariesOf(root, binary)),
          copiedFile("/usr/local/bin/envoy", binary, 0o755),
          textFile("/etc/envoy/envoy.yaml", "{}\n"),
        ];
      },
    },
  ],
  config: {
    User: `${NON_ROOT}:${NON_ROOT}`,
    Entrypoint: ["/usr/local/bin/envoy"],
    Cmd: ["-c", "/etc/envoy/envoy.yaml"],
    Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
    WorkingDir: "/home/nonroot",
  },
};
