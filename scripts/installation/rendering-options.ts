import type { InstallationOptions } from "../../src/install/objects/installation-options.ts";
import { COMPONENTS } from "../../src/install/objects/ownership.ts";
import { RELEASE } from "../../src/release.ts";

/** What every rendering starts from: both parts, one replica each, no setting. */
export const PLAIN: InstallationOptions = {
  components: COMPONENTS,
  release: RELEASE,
  settings: {},
  availability: "single",
  failurePolicy: "Ignore",
  certificates: "own",
};

/** A file of a rendering, by its path in the repository. */
export interface RenderedFile {
  readonly path: string;
  readonly text: string;
  readonly executable?: true;
}

/** First line of every rendered file that can have comments. */
export const MADE_BY = "# Written by scripts/write-installation.ts out of src/install: change it there.";
