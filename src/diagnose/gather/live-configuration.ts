import { loadConfiguration } from "../../config/load.ts";
import type { Configuration } from "../../config/schema.ts";
import { type ComponentFacts, releaseOf } from "../facts/component.ts";
import { type Reading, valueIn } from "../facts/reading.ts";

/** What a running part goes by: its ConfigMap and the environment of its Deployment. */
export function liveConfiguration({
  configuration,
  deployment,
}: Pick<ComponentFacts, "configuration" | "deployment">): Reading<Configuration> {
  if (configuration.kind !== "read") return configuration;
  const environment = valueIn(deployment)?.environment ?? {};
  try {
    const file = { path: "config.yaml of the ConfigMap", text: configuration.value };
    return { kind: "read", value: loadConfiguration({ file, environment, flags: {} }).configuration };
  } catch (error) {
    return { kind: "failed", why: (error as Error).message };
  }
}

/** The release of the running injector by its image's tag; where that names none, ours is taken for it. */
export function liveRelease({ deployment }: ComponentFacts, ours: string): string {
  return releaseOf(valueIn(deployment)?.image ?? "") ?? ours;
}
