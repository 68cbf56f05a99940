import { parse } from "yaml";
import { read, type Writer } from "../../kube/writes.ts";
import { type Json, member, stringOf } from "../../model/json.ts";
import { CONFIGURATION } from "../objects/component-settings.ts";
import { CONTROL_PLANE_SERVICE } from "../objects/control-plane-objects.ts";
import type { InstallationOptions } from "../objects/installation-options.ts";
import { PLACES } from "../objects/ownership.ts";
import { namesOf, type OwnMode } from "./own-modes.ts";

/** Setting `controlPlane.mesh` of an installation, and where it comes from. */
export interface MeshModeChoice {
  readonly mode: "serve" | "observe";
  /**
   * `given`: the options say it. `kept`: as it was set before. `upgrade`: the control plane that is there knows no such setting and passes
   * traffic through. `take-over`: pods come from another mesh. `new`: there was none.
   */
  readonly because: "given" | "kept" | "upgrade" | "take-over" | "new";
}

/** What the cluster has of a control plane before. */
export interface ControlPlaneBefore {
  readonly isThere: boolean;
  /** Its `config.yaml`; undefined: none. */
  readonly configuration: string | undefined;
}

/**
 * Whether proxies are to get the mesh. Serving one that passed through before would close what its egress filter does not allow, which is
 * most of what its workloads do, so only a control plane without a past serves by itself.
 */
export function chosenMeshMode(
  given: MeshModeChoice["mode"] | undefined,
  before: ControlPlaneBefore,
  takesOver: boolean,
): MeshModeChoice {
  if (given !== undefined) return { mode: given, because: "given" };
  const kept = modeIn(before.configuration);
  if (kept !== undefined) return { mode: kept, because: "kept" };
  if (before.isThere) return { mode: "observe", because: "upgrade" };
  return takesOver ? { mode: "observe", because: "take-over" } : { mode: "serve", because: "new" };
}

/** One line for a person: what it means, how it is changed, and who says otherwise by an annotation, which counts before it. */
export function choiceText({ mode, because }: MeshModeChoice, own: readonly OwnMode[]): string {
  const is = `the mesh is ${mode === "serve" ? "served" : "observed"} (controlPlane.mesh: ${mode})`;
  const why: Readonly<Record<MeshModeChoice["because"], string>> = {
    given: "",
    kept: ", as before",
    upgrade: ", as the control plane before passed traffic through",
    "take-over": ", as pods come from another mesh",
    new: "",
  };
  const others = own.filter((one) => one.mode !== mode);
  const but =
    others.length === 0
      ? ""
      : `; but ${mode === "serve" ? "observed" : "served"}, by an annotation of before, which counts more: ${namesOf(others)} (outrigger ${mode} --all switches that too). For all others`;
  const means = (what: string): string => `${is}${why[because]}${but}: ${what}`;
  if (mode === "serve") return means("pods of a virtual node get what the App Mesh resources say");
  return `${means("all traffic passes through")}. See outrigger problems and outrigger diff --serve; then outrigger serve switches, which is the annotation outrigger.dev/mesh=serve on a Namespace or a Mesh`;
}

/** Rejects with KubeError. */
export async function controlPlaneBefore(writer: Writer): Promise<ControlPlaneBefore> {
  const place = PLACES["control-plane"];
  const metadata = { ...place, name: CONTROL_PLANE_SERVICE };
  const [deployment, configMap] = await Promise.all([
    read(writer, { apiVersion: "apps/v1", kind: "Deployment", metadata: { ...place } }),
    read(writer, { apiVersion: "v1", kind: "ConfigMap", metadata }),
  ]);
  const isThere = deployment !== undefined || configMap !== undefined;
  return { isThere, configuration: stringOf(member(member(configMap, "data"), CONFIGURATION.key)) };
}

/** The options with the mode in their settings. */
export function withMeshMode(options: InstallationOptions, { mode }: MeshModeChoice): InstallationOptions {
  const { settings } = options;
  return { ...options, settings: { ...settings, controlPlane: { ...settings.controlPlane, mesh: mode } } };
}

/** A configuration that cannot be read says nothing. */
function modeIn(configuration: string | undefined): MeshModeChoice["mode"] | undefined {
  try {
    const value = member(member(parse(configuration ?? "") as Json, "controlPlane"), "mesh");
    return value === "serve" || value === "observe" ? value : undefined;
  } catch {
    return undefined;
  }
}
