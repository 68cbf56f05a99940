import { readFileSync } from "node:fs";
import { join } from "node:path";
import { customResourceDefinitions } from "../../src/install/objects/custom-resource-definitions.ts";
import { ownImage } from "../../src/install/objects/installation-options.ts";
import { manifestYaml } from "../../src/install/objects/manifest-text.ts";
import { isRegistration } from "../../src/install/objects/object-registrations.ts";
import { componentObjects } from "../../src/install/objects/objects.ts";
import type { Component } from "../../src/install/objects/ownership.ts";
import { OLDEST_MINOR } from "../../src/install/preflight/server-version.ts";
import { NAMESPACE as TEST_NAMESPACE, POD as TEST_POD } from "../../src/install/run/test-injection.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { RELEASE } from "../../src/release.ts";
import { PLAIN, type RenderedFile } from "./rendering-options.ts";

/** Stands where the name of the mesh goes; no text of ours looks like it. */
const MESH_NAME_HERE = "MESH-NAME-GOES-HERE";
/** The lines that the script writes at run time: the name of the mesh with the other settings, and the image. */
const OPEN_LINE = new RegExp(
  `^( *)(meshName: ${MESH_NAME_HERE}|image: ${ownImage(PLAIN).replaceAll(".", "\\.")})\n`,
  "m",
);

/** `scripts/install.sh`: the text of `install-script.bash` with the rendered objects in it. */
export function installScript(): RenderedFile {
  const template = readFileSync(join(import.meta.dirname, "install-script.bash"), "utf8");
  const values: Readonly<Record<string, string>> = {
    RELEASE,
    IMAGE: ownImage(PLAIN),
    OLDEST_MINOR: String(OLDEST_MINOR),
    MANIFESTS: [
      crdsFunction(),
      manifestFunction("control_plane_namespace", objectsOf("control-plane", isNamespace)),
      manifestFunction(
        "control_plane_manifest",
        objectsOf("control-plane", isOrdinary),
        "print_control_plane_settings",
      ),
      manifestFunction("control_plane_registrations", objectsOf("control-plane", isRegistration)),
      manifestFunction("injector_namespace", objectsOf("injector", isNamespace)),
      manifestFunction("injector_manifest", objectsOf("injector", isOrdinary)),
      manifestFunction("registration_manifest", objectsOf("injector", isRegistration)),
      manifestFunction("test_namespace_manifest", [TEST_NAMESPACE]),
      manifestFunction("test_pod_manifest", [TEST_POD]),
    ].join("\n"),
  };
  const text = template.replace(/@([A-Z_]+)@/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`install-script.bash has an unknown @${name}@`);
    return value;
  });
  return { path: "scripts/install.sh", text, executable: true };
}

const isNamespace = ({ kind }: JsonObject): boolean => kind === "Namespace";
const isOrdinary = (object: JsonObject): boolean => !isNamespace(object) && !isRegistration(object);

function objectsOf(component: Component, wanted: (object: JsonObject) => boolean): readonly JsonObject[] {
  return componentObjects(component, { ...PLAIN, settings: { meshName: MESH_NAME_HERE } }).filter(wanted);
}

/**
 * A bash function that prints the objects. What is given at run time is printed between quoted here-documents, so that nothing in it
 * is ever looked at by the shell. `settings`: the function that prints them.
 */
function manifestFunction(name: string, objects: readonly JsonObject[], settings = "print_settings"): string {
  const lines: string[] = [];
  // text, indent and what stands there, text, …
  const parts = manifestYaml(objects).split(OPEN_LINE);
  for (let index = 0; index < parts.length; index += 3) {
    const [text = "", indent, line = ""] = parts.slice(index, index + 3);
    lines.push(hereDocument(text));
    if (indent === undefined) continue;
    lines.push(
      line.startsWith("image") ? `  printf '${indent}image: %s\\n' "$quoted_image"\n` : `  ${settings} '${indent}'\n`,
    );
  }
  return `${name}() {\n${lines.join("")}}\n`;
}

/** One line an object: nobody reads them here, `deploy/crds` has them in many. */
function crdsFunction(): string {
  const objects = customResourceDefinitions().map((object) => `---\n${JSON.stringify(object)}\n`);
  return `crds_manifest() {\n${hereDocument(objects.join(""))}}\n`;
}

function hereDocument(text: string): string {
  if (text === "") return "";
  if (/^YAML$/m.test(text)) throw new Error("a line of the objects would end the here-document");
  return `  print_verbatim <<'YAML'\n${text}YAML\n`;
}
