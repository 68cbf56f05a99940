import { firstOf } from "../../model/first-of.ts";
import type { Reading } from "./reading.ts";

/** Not more are named of many. */
const NAMED = 5;

/** Whether proxies get what the App Mesh resources say, or pass traffic through. */
export type MeshMode = "serve" | "observe";

/** What is in effect: the setting, and the annotations that count before it. */
export interface MeshModes {
  /** `controlPlane.mesh` of the control plane that runs. */
  readonly setting: Reading<MeshMode>;
  /** All Meshes, as `Mesh main`. */
  readonly meshes: readonly string[];
  /** Meshes and namespaces with the annotation `outrigger.dev/mesh`; a namespace's counts before its Mesh's. */
  readonly annotated: readonly { readonly object: string; readonly mode: MeshMode }[];
  /** Why not all annotations are known; empty: they are. */
  readonly unread: string;
}

const WORDS: Readonly<Record<MeshMode, string>> = { serve: "served", observe: "observed" };

/**
 * `served`, or `observed, all traffic passes through; served: Namespace shop`: what all Meshes are, and who differs. The setting counts where
 * Meshes differ or there is none; one that every Mesh overrules is in effect nowhere. Undefined where the setting is not known.
 */
export function meshModeText(modes: MeshModes): string | undefined {
  const { setting, meshes, annotated, unread } = modes;
  if (setting.kind !== "read") return undefined;
  const whole = wholeMode(modes, setting.value);
  const differing = annotated.filter(({ mode }) => mode !== whole);
  // where a Mesh differs from the rest, a namespace that is as the rest may be an exception to its Mesh
  const exceptions = differing.some(({ object }) => meshes.includes(object))
    ? annotated.filter(({ object, mode }) => mode === whole && !meshes.includes(object))
    : [];
  const groups = [...Map.groupBy([...differing, ...exceptions], ({ mode }) => mode)].map(([mode, some]) => {
    const objects = some.map(({ object }) => object);
    return `${WORDS[mode]}: ${firstOf(objects, NAMED)}`;
  });
  return [wholeWords(whole, unread), ...groups].join("; ");
}

/** Whether traffic of some Mesh or namespace passes through, as far as is known. */
export function isObservedSomewhere(modes: MeshModes): boolean {
  const { setting, annotated } = modes;
  return (
    annotated.some(({ mode }) => mode === "observe") ||
    (setting.kind === "read" && wholeMode(modes, setting.value) === "observe")
  );
}

function wholeMode({ meshes, annotated }: MeshModes, setting: MeshMode): MeshMode {
  const said = new Map(annotated.map(({ object, mode }) => [object, mode]));
  const [only = setting, ...more] = new Set(meshes.map((mesh) => said.get(mesh) ?? setting));
  return more.length === 0 ? only : setting;
}

function wholeWords(whole: MeshMode, unread: string): string {
  if (unread !== "")
    return `${WORDS[whole]} by the setting controlPlane.mesh; what annotations say otherwise is not known: ${unread}`;
  return whole === "serve" ? "served" : "observed, all traffic passes through";
}
