import { stringify } from "yaml";
import { customResourceDefinitions } from "../../src/install/objects/custom-resource-definitions.ts";
import { objectYaml } from "../../src/install/objects/manifest-text.ts";
import { objectNameOf } from "../../src/install/objects/object-name.ts";
import { MADE_BY, type RenderedFile } from "./rendering-options.ts";

const ROOT = "deploy/crds";

/**
 * The CustomResourceDefinitions by themselves, as files for `kubectl apply --server-side -k`. No other rendering holds them, so that
 * none that is deleted takes every App Mesh object with it.
 */
export function crdFiles(): readonly RenderedFile[] {
  const files = customResourceDefinitions().map((definition) => ({
    name: `${objectNameOf(definition).name.split(".")[0]}.yaml`,
    text: objectYaml(definition),
  }));
  const kustomization = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: files.map(({ name }) => name),
  };
  return [{ name: "kustomization.yaml", text: stringify(kustomization) }, ...files].map(({ name, text }) => ({
    path: `${ROOT}/${name}`,
    text: `${MADE_BY}\n${text}`,
  }));
}
