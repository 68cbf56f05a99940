import type { Reading } from "./reading.ts";

/** Whether proxies get what the App Mesh resources say, or pass traffic through. */
export type MeshMode = "serve" | "observe";

/** What is in effect: the setting, and the annotations that count before it. */
export interface MeshModes {
  /** `controlPlane.mesh` of the control plane that runs. */
  readonly setting: Reading<MeshMode>;
  /** Those with the annotation `outrigger.dev/mesh`. */
  readonly annotated: readonly { readonly object: string; readonly mode: MeshMode }[];
}

const WORDS: Readonly<Record<MeshMode, string>> = { serve: "served", observe: "observed" };

/** `served`, or `observed, all traffic passes through; served: Namespace shop`. Undefined where the setting is not known. */
export function meshModeText({ setting, annotated }: MeshModes): string | undefined {
  if (setting.kind !== "read") return undefined;
  const whole = setting.value === "serve" ? "served" : "observed, all traffic passes through";
  const others = Map.groupBy(
    annotated.filter(({ mode }) => mode !== setting.value),
    ({ mode }) => mode,
  );
  return [
    whole,
    ...[...others].map(([mode, some]) => `${WORDS[mode]}: ${named(some.map(({ object }) => object))}`),
  ].join("; ");
}

/** Not more are named of many. */
const NAMED = 5;

function named(objects: readonly string[]): string {
  const more = objects.length - NAMED;
  return more > 0 ? `${objects.slice(0, NAMED).join(", ")} and ${more} more` : objects.join(", ");
}
