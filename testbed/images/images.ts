import type { Progress } from "../progress.ts";
import { appImage } from "./app-image.ts";
import { busyboxImage } from "./busybox-image.ts";
import { SourcesChangedError } from "./compiled-sources.ts";
import { envoyImage } from "./envoy-image.ts";
import type { ImageRecipe } from "./image-recipe.ts";
import { imageLayout } from "./image-store.ts";
import { nginxImage } from "./nginx-image.ts";
import { outriggerImage } from "./outrigger-image.ts";
import { pauseImage } from "./pause-image.ts";
import { releaseBeforeImage } from "./release-before-image.ts";

/** An image that a test cluster's registry serves. */
export interface BuiltImage {
  /** Repository and tag, without a registry, because ours answers for every one: `library/nginx:latest`. */
  readonly reference: string;
  /** Folder of an OCI layout that holds this one image. It stays at least until three newer ones have been built. */
  readonly layout: string;
}

/**
 * All images of a test cluster, built first where the user's cache lacks them or the sources changed: half a minute the
 * first time, a second or two when `src/` changed, nothing otherwise.
 *
 * @throws TestbedError `unavailable` when a package cannot be had or Go is missing, `build` when something does not compile.
 */
export async function images(progress: Progress): Promise<readonly BuiltImage[]> {
  const built: BuiltImage[] = [];
  for (const recipeOf of RECIPES) {
    const { references, layout } = await made(recipeOf, progress);
    for (const reference of references) built.push({ reference, layout });
  }
  return built;
}

const RECIPES: readonly (() => Promise<ImageRecipe>)[] = [
  pauseImage,
  async () => busyboxImage,
  async () => nginxImage,
  async () => envoyImage,
  outriggerImage,
  releaseBeforeImage,
  appImage,
];

/** How often a change of the sources in the middle is answered by beginning again: people save files every few seconds. */
const ATTEMPTS = 5;

async function made(
  recipeOf: () => Promise<ImageRecipe>,
  progress: Progress,
): Promise<{ readonly references: readonly string[]; readonly layout: string }> {
  for (let attempt = 1; ; attempt++) {
    const recipe = await recipeOf();
    try {
      return { references: recipe.references, layout: await imageLayout(recipe, progress) };
    } catch (error) {
      if (!(error instanceof SourcesChangedError) || attempt === ATTEMPTS) throw error;
      progress("the sources changed while they were compiled; beginning again");
    }
  }
}
