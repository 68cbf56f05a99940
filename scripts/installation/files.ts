import { chartFiles } from "./chart.ts";
import { crdFiles } from "./crds.ts";
import { installScript } from "./install-script.ts";
import { kustomizeFiles } from "./kustomize.ts";
import type { RenderedFile } from "./rendering-options.ts";

/** Every way of installing that is committed: all of them come out of the same objects. */
export function installationFiles(): readonly RenderedFile[] {
  return [installScript(), ...chartFiles(), ...kustomizeFiles(), ...crdFiles()];
}
