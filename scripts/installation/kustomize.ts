import { stringify } from "yaml";
import { CONFIGURATION_KEY } from "../../src/install/objects/deployment.ts";
import { manifestYaml, objectYaml } from "../../src/install/objects/manifest-text.ts";
import { titleOf } from "../../src/install/objects/object-name.ts";
import { componentObjects } from "../../src/install/objects/objects.ts";
import { COMPONENTS, type Component, PLACES } from "../../src/install/objects/ownership.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { member } from "../../src/model/json.ts";
import { MADE_BY, PLAIN, type RenderedFile } from "./rendering-options.ts";

const ROOT = "deploy/kustomize";

/** ConfigMap with the configuration of each part. */
const CONFIG_MAPS: Readonly<Record<Component, string>> = {
  "control-plane": "outrigger",
  injector: "aws-app-mesh-inject",
};

/**
 * A base for each part and for both, a component that doubles the replicas, and an example of an overlay that sets the mesh.
 * The base knows no mesh: `mesh` comes from the pods, or from the overlay.
 */
export function kustomizeFiles(): readonly RenderedFile[] {
  const parts = COMPONENTS.flatMap((component) => [
    file(`${component}/kustomization.yaml`, kustomization("Kustomization", { resources: [`${component}.yaml`] })),
    file(`${component}/${component}.yaml`, manifestYaml(componentObjects(component, PLAIN))),
  ]);
  return [
    ...parts,
    file(
      "base/kustomization.yaml",
      kustomization("Kustomization", { resources: COMPONENTS.map((one) => `../${one}`) }),
    ),
    ...highlyAvailable(),
    file("example/kustomization.yaml", example()),
  ];
}

/** The differences between one replica and two, as resources and patches. */
function highlyAvailable(): readonly RenderedFile[] {
  const ha = COMPONENTS.flatMap((component) => componentObjects(component, { ...PLAIN, availability: "ha" }));
  const plain = new Set(COMPONENTS.flatMap((component) => componentObjects(component, PLAIN)).map(titleOf));
  const added = ha.filter((object) => !plain.has(titleOf(object)));
  const patches = ha
    .filter(({ kind }) => kind === "Deployment")
    .map((object) => ({ patch: objectYaml(doubled(object)) }));
  return [
    file("ha/kustomization.yaml", kustomization("Component", { resources: ["disruption-budgets.yaml"], patches })),
    file("ha/disruption-budgets.yaml", manifestYaml(added)),
  ];
}

function doubled(deployment: JsonObject): JsonObject {
  const { apiVersion = "", kind = "", metadata, spec } = deployment;
  const pod = member(member(spec, "template"), "spec");
  return {
    apiVersion,
    kind,
    metadata: { name: member(metadata, "name") ?? "", namespace: member(metadata, "namespace") ?? "" },
    spec: {
      replicas: member(spec, "replicas") ?? 1,
      template: { spec: { topologySpreadConstraints: member(pod, "topologySpreadConstraints") ?? [] } },
    },
  };
}

/** Sets the configuration, and copies it into the pods' annotation, so that they are created again when it changes. */
function example(): string {
  const settings = { "control-plane": "", injector: "webhook:\n  certificate: cluster\n" } as const;
  const patches = COMPONENTS.map((component) => ({
    target: { kind: "ConfigMap", name: CONFIG_MAPS[component], namespace: PLACES[component].namespace },
    patch: stringify([
      { op: "replace", path: "/data/config.yaml", value: `meshName: mynewmesh\n${settings[component]}` },
    ]),
  }));
  const replacements = COMPONENTS.map((component) => ({
    source: {
      kind: "ConfigMap",
      name: CONFIG_MAPS[component],
      namespace: PLACES[component].namespace,
      fieldPath: "data.[config.yaml]",
    },
    targets: [
      {
        select: { kind: "Deployment", ...PLACES[component] },
        fieldPaths: [`spec.template.metadata.annotations.[${CONFIGURATION_KEY}]`],
      },
    ],
  }));
  return kustomization("Kustomization", { resources: ["../base"], patches, replacements });
}

function kustomization(kind: "Kustomization" | "Component", content: object): string {
  const version = kind === "Component" ? "v1alpha1" : "v1beta1";
  return stringify({ apiVersion: `kustomize.config.k8s.io/${version}`, kind, ...content }, { lineWidth: 0 });
}

function file(path: string, text: string): RenderedFile {
  return { path: `${ROOT}/${path}`, text: `${MADE_BY}\n${text}` };
}
