import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { ConfigurationInput } from "../src/config/schema.ts";
import type { InjectionInput } from "../src/inject/input.ts";
import type { JsonObject } from "../src/model/json.ts";
import { anInput, annotated, aPod, labelled, type Surroundings, withSpec } from "./pods.ts";

/** Inputs (`in`) and outputs (`out`) of the golden tests of injection. */
export const GOLDEN = join(import.meta.dirname, "../src/inject/testdata");

const FLAVORS = ["envoy", "aws"] as const;
export type Flavor = (typeof FLAVORS)[number];

/**
 * What an input file may say. Everything is optional: `pod` is the whole pod instead of a plain one; `annotations`,
 * `labels` and `spec` change it; the other members are those of an `InjectionInput`, `configuration` as in a
 * configuration file. Every case is run in both flavors.
 */
interface GoldenFile extends Omit<Surroundings, "request"> {
  readonly pod?: JsonObject;
  readonly annotations?: JsonObject;
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: JsonObject;
  readonly request?: Partial<InjectionInput["request"]>;
}

const MEMBERS: readonly (keyof GoldenFile)[] = [
  "pod",
  "annotations",
  "labels",
  "spec",
  "request",
  "configuration",
  "namespace",
  "owner",
  "virtualNodes",
  "virtualGateways",
  "meshes",
  "limitRanges",
  "quotas",
  "trust",
];

/** Names of the cases, without `.yaml`, in the order of the folder. */
export const GOLDEN_NAMES: readonly string[] = readdirSync(join(GOLDEN, "in"))
  .map((file) => file.replace(/\.yaml$/, ""))
  .sort();

/** A case as the engine's input, one for each flavor. Throws for a member that is not known. */
export function goldenInputs(name: string): Readonly<Record<Flavor, InjectionInput>> {
  const text = readFileSync(join(GOLDEN, "in", `${name}.yaml`), "utf8");
  const file = (parse(text) ?? {}) as GoldenFile;
  const unknown = Object.keys(file).find((key) => !(MEMBERS as readonly string[]).includes(key));
  if (unknown !== undefined) throw new Error(`${name}.yaml: ${unknown} is not known, expected ${MEMBERS.join(", ")}`);
  return { envoy: goldenInput(file, "envoy"), aws: goldenInput(file, "aws") };
}

function goldenInput(file: GoldenFile, flavor: Flavor): InjectionInput {
  const { pod = aPod(), annotations, labels, spec, request, configuration, ...facts } = file;
  const changed = [
    ...(annotations ? [annotated(annotations)] : []),
    ...(labels ? [labelled(labels)] : []),
    ...(spec ? [withSpec(spec)] : []),
  ].reduce((result, change) => change(result), pod);
  const settings: ConfigurationInput = { ...configuration, flavor };
  const input = anInput(changed, { ...facts, configuration: settings });
  return { ...input, request: { ...input.request, ...request } };
}
