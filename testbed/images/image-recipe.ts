import type { Progress } from "../progress.ts";
import type { ImageEntry } from "./image-entry.ts";
import type { ImageConfig } from "./oci-layout.ts";

/** What a layer is made from. Two layers of one name and equal inputs are the same layer, and are made once. */
export interface LayerRecipe {
  /** For people; part of a file name. */
  readonly name: string;
  /** Whatever decides the content beside the code of this folder: versions, digests of sources. */
  readonly inputs: readonly string[];
  /**
   * The content. `scratch` is an empty folder to make files in; it is removed when the layer is written.
   * @throws TestbedError when something that is needed cannot be had or made.
   */
  readonly entries: (scratch: string, progress: Progress) => Promise<readonly ImageEntry[]>;
}

/** An image: its layers, the lowest first, and the names that a registry serves it under. */
export interface ImageRecipe {
  /** Names with a tag, without a registry: `library/nginx:latest`. All name the same image. */
  readonly references: readonly string[];
  readonly layers: readonly LayerRecipe[];
  readonly config: ImageConfig;
}
