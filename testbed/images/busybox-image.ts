import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { debianRoot } from "../packages/debian-root.ts";
import { copiedFile, type ImageEntry, link } from "./image-entry.ts";
import type { ImageRecipe, LayerRecipe } from "./image-recipe.ts";
import { MERGED_USR } from "./pick.ts";
import { STANDARD_FILES } from "./standard-files.ts";

export const BUSYBOX_PACKAGES = ["busybox-static"];

const layer: LayerRecipe = {
  name: "busybox",
  inputs: BUSYBOX_PACKAGES,
  async entries(_scratch, progress) {
    const root = await debianRoot("busybox", BUSYBOX_PACKAGES, progress);
    return [...STANDARD_FILES, ...MERGED_USR, ...(await busyboxEntries(root))];
  },
};

/** Debian's static busybox as `/bin/sh`, `wget` and everything else that it is. Its `wget -T` crashes: do without. */
export const busyboxImage: ImageRecipe = {
  references: ["library/busybox:latest"],
  layers: [layer],
  config: { User: "0", Cmd: ["sh"], Env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"] },
};

/** The program of a root that has `busybox-static`, and a link for each of its names. */
export async function busyboxEntries(root: string): Promise<readonly ImageEntry[]> {
  const program = join(root, "usr/bin/busybox");
  const { stdout } = await promisify(execFile)(program, ["--list"]);
  const names = stdout.split("\n").filter((name) => name !== "" && name !== "busybox");
  return [copiedFile("/usr/bin/busybox", program, 0o755), ...names.map((name) => link(`/usr/bin/${name}`, "busybox"))];
}
