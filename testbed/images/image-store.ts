import { createHash } from "node:crypto";
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Locations, locations } from "../locations.ts";
import { bindDirectory } from "../process/bound-process.ts";
import { withFileLock } from "../process/file-lock.ts";
import type { Progress } from "../progress.ts";
import type { ImageRecipe, LayerRecipe } from "./image-recipe.ts";
import { type LayerFile, writeLayout } from "./oci-layout.ts";
import { writeLayer } from "./tar-layer.ts";

/**
 * What is kept of a name: our own image changes with every change of the sources, and somebody may still be reading the
 * last few of them.
 */
const KEPT = 4;

/**
 * The folder of an image's OCI layout in the user's cache, made first if it is not there. Equal recipes share it, and
 * equal layers are made and stored once. Several processes may ask at once; a layout appears complete or not at all.
 */
export async function imageLayout(
  recipe: ImageRecipe,
  progress: Progress,
  where: Locations = locations(),
): Promise<string> {
  const store = join(where.binaries, "images");
  const name = (recipe.references[0] ?? "image").replaceAll(/[/:]/g, "-");
  const code = await digestOfCode();
  const layerKeys = recipe.layers.map((layer) => `${layer.name}-${digest([code, process.arch, ...layer.inputs])}`);
  const layout = join(store, "layouts", `${name}-${digest([code, JSON.stringify(recipe.config), ...layerKeys])}`);
  if (await used(layout)) return layout;
  const waiting = () => progress("another process is building images; waiting for it");
  return await withFileLock(join(where.locks, "images.lock"), waiting, async () => {
    if (await used(layout)) return layout;
    progress(`building the image ${recipe.references[0]}`);
    await mkdir(join(store, "layers"), { recursive: true });
    await mkdir(join(store, "layouts"), { recursive: true });
    const unfinished = await bindDirectory(await mkdtemp(join(store, "unfinished-")));
    try {
      const layers: LayerFile[] = [];
      for (const [index, layer] of recipe.layers.entries()) {
        const scratch = join(unfinished.path, String(index));
        layers.push(await storedLayer(layer, join(store, "layers", layerKeys[index] ?? ""), scratch, progress));
      }
      const fresh = join(unfinished.path, "layout");
      await mkdir(fresh);
      await writeLayout(fresh, layers, recipe.config);
      await rename(fresh, layout);
      await prune(join(store, "layouts"), name);
      for (const layer of recipe.layers) await prune(join(store, "layers"), layer.name);
    } finally {
      await unfinished.remove();
    }
    return layout;
  });
}

async function storedLayer(
  recipe: LayerRecipe,
  stored: string,
  scratch: string,
  progress: Progress,
): Promise<LayerFile> {
  const file = join(stored, "layer.tar");
  const facts = join(stored, "digest.json");
  if (await used(stored)) return { file, ...(JSON.parse(await readFile(facts, "utf8")) as Omit<LayerFile, "file">) };
  await mkdir(join(scratch, "work"), { recursive: true });
  await mkdir(join(scratch, "done"));
  const entries = await recipe.entries(join(scratch, "work"), progress);
  const layer = await writeLayer(entries, join(scratch, "done", "layer.tar"));
  await writeFile(join(scratch, "done", "digest.json"), JSON.stringify(layer));
  await rename(join(scratch, "done"), stored);
  return { file, ...layer };
}

/** Removes all but the last used folders of a name. Layers are hard links, so a layout keeps what it holds. */
async function prune(store: string, name: string): Promise<void> {
  const ours = (await readdir(store)).filter((folder) => folder.replace(/-[0-9a-f]{16}$/, "") === name);
  const dated = await Promise.all(
    ours.map(async (folder) => ({ path: join(store, folder), used: (await stat(join(store, folder))).mtimeMs })),
  );
  const old = dated.sort((a, b) => b.used - a.used).slice(KEPT);
  for (const { path } of old) await rm(path, { recursive: true, force: true });
}

/** True when the folder is there; then it counts as used now. */
async function used(path: string): Promise<boolean> {
  if (
    !(await access(path).then(
      () => true,
      () => false,
    ))
  )
    return false;
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined);
  return true;
}

/** The code that makes images is an input of each: a change of it must not find what the old code left. */
async function digestOfCode(): Promise<string> {
  const names = (await readdir(import.meta.dirname)).filter((name) => /(?<!\.spec)\.(?:ts|txt)$/.test(name)).sort();
  return digest(await Promise.all(names.map((name) => readFile(join(import.meta.dirname, name), "utf8"))));
}

function digest(parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}\n`).update(part);
  return hash.digest("hex").slice(0, 16);
}
