import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Document, visit } from "yaml";
import { type Flavor, GOLDEN, GOLDEN_NAMES, goldenInputs } from "../../test/golden-cases.ts";
import { isObject, type Json, type JsonObject, listOf, member, sameJson } from "../model/json.ts";
import { RECORD_KEY } from "../model/names.ts";
import type { InjectionResult } from "./decision.ts";
import { inject } from "./inject.ts";
import type { InjectionInput } from "./input.ts";
import { applyPatch } from "./json-patch.ts";

/*
 * testdata/in holds one situation a file (`test/golden-cases.ts` says what a file may say), testdata/out what comes of it
 * in both flavors. UPDATE_GOLDEN=1 rewrites the outputs; read the difference before committing it.
 */
describe("golden injections", () => {
  test.each(GOLDEN_NAMES)("%s", (name) => {
    const inputs = goldenInputs(name);
    const output = (["envoy", "aws"] as const).map((flavor) => goldenText(name, flavor, inputs[flavor])).join("---\n");
    const file = join(GOLDEN, "out", `${name}.yaml`);
    if (process.env.UPDATE_GOLDEN) writeFileSync(file, output);
    expect(output).toBe(existsSync(file) ? readFileSync(file, "utf8") : "");
  });

  test("every output has its input", () => {
    expect(readdirSync(join(GOLDEN, "out")).sort()).toEqual(GOLDEN_NAMES.map((name) => `${name}.yaml`).sort());
  });
});

const ARGUMENT = "(the bootstrap below)";

/** Everything that a reviewer wants to see, with JSON texts opened up. */
function goldenText(name: string, flavor: Flavor, input: InjectionInput): string {
  const result = inject(input);
  const { outcome, reason, message, warnings, trace, patch } = result;
  const text = bootstrapOf(result);
  return yamlText({
    flavor,
    outcome,
    reason,
    message,
    warnings,
    trace: trace.map(({ rule, verdict, saw }) => `${rule} (${verdict}): ${saw}`),
    ...(patch.length > 0 && {
      patch: patch.map(({ op, path }) => `${op} ${path}`),
      pod: opened(applyPatch(input.pod, patch)),
    }),
    ...(text !== undefined && describeBootstrap(name, flavor, JSON.parse(text) as Json)),
  });
}

/** YAML with lists and objects of nothing but short scalars on one line: an environment of twenty names is twenty lines. */
function yamlText(value: JsonObject): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Collection(_key, node) {
      const text = JSON.stringify(node);
      if (text.length < 100 && !/[[{]/.test(text.slice(1))) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** The whole bootstrap of the plain pod; of others only where they differ from it. */
function describeBootstrap(name: string, flavor: Flavor, bootstrap: Json): JsonObject {
  if (name === "plain") return { bootstrap };
  const plain = JSON.parse(bootstrapOf(inject(goldenInputs("plain")[flavor])) ?? "null") as Json;
  return { "bootstrap, where it differs from plain": Object.fromEntries(differences(plain, bootstrap, "")) };
}

function differences(before: Json | undefined, after: Json | undefined, path: string): [string, Json][] {
  if (sameJson(before, after)) return [];
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => differences(before[key], after[key], `${path}.${key}`));
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length);
    return Array.from({ length }, (_, index) => index).flatMap((index) =>
      differences(listOf(before)[index], listOf(after)[index], `${path}[${index}]`),
    );
  }
  return [[path, after ?? "(absent)"]];
}

function bootstrapOf({ patch }: InjectionResult): string | undefined {
  const texts = patch.flatMap((operation) => (operation.op === "remove" ? [] : bootstrapsIn(operation.value)));
  return texts[0];
}

function bootstrapsIn(value: Json): readonly string[] {
  if (Array.isArray(value)) {
    const list = value as readonly Json[];
    const at = list.indexOf("--config-yaml");
    return at < 0 ? list.flatMap(bootstrapsIn) : [list[at + 1] as string];
  }
  return isObject(value) ? Object.values(value).flatMap(bootstrapsIn) : [];
}

/** The pod with the record as an object, and Envoy's long argument left out. */
function opened(pod: JsonObject): Json {
  const record = member(member(member(pod, "metadata"), "annotations"), RECORD_KEY);
  return JSON.parse(JSON.stringify(pod), (key, value: Json) => {
    // the hash changes with every new setting, which would rewrite every output
    if (key === RECORD_KEY) return { ...(JSON.parse(record as string) as JsonObject), configuration: "(hash)" };
    if (key !== "args" || listOf(value)[0] !== "--config-yaml") return value;
    return listOf(value).map((argument, index) => (index === 1 ? ARGUMENT : argument));
  }) as Json;
}
