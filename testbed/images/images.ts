import type { Progress } from "../progress.ts";
import { appImage } from "./app-image.ts";
import { busyboxImage } from "./busybox-image.ts";
import { envoyImage } from "./envoy-image.ts";
import type { ImageRecipe } from "./image-recipe.ts";
import { imageLayout } from "./image-store.ts";
import { nginxImage } from "./nginx-image.ts";
import { outriggerImage } from "./outrigger-image.ts";
import { pauseImage } from "./pause-image.ts";

/** An image that a test cluster's registry serves. */
export interface BuiltImage {
  /** Repository and tag, without a registry, because ours answers for every one: `library/nginx:latest`. */
  readonly reference: string;
  /** Folder of an OCI layout that holds this one image. It stays at least until seven newer ones have been built. */
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
  for (const recipe of await recipes()) {
    const layout = await imageLayout(recipe, progress);
    for (const reference of recipe.references) built.push({ reference, layout });
  }
  return built;
}

async function recipes(): Promise<readonly ImageRecipe[]> {
  return [await pauseImage(), busyboxImage, nginxImage, envoyImage, await outriggerImage(), await appImage()];
}
