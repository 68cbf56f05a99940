import { expect, test } from "vitest";
import { type Configuration, type ConfigurationInput, configuration } from "../../config/schema.ts";
import { configurationHash } from "./configuration-hash.ts";

const hashOf = (input: ConfigurationInput) => configurationHash(configuration(input));

/** The same settings with the members of every object the other way round. */
function reversed<T>(value: T): T {
  if (Array.isArray(value) || typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, reversed(member)] as const);
  return Object.fromEntries(entries.toReversed()) as T;
}

test("has twelve hexadecimal digits, the same for the same settings", () => {
  expect(hashOf({})).toMatch(/^[0-9a-f]{12}$/);
  expect(hashOf({})).toBe(hashOf({}));
  const settings = configuration();
  expect(configurationHash(settings)).toBe(configurationHash(settings));
});

test("does not go by the order in which settings stand", () => {
  const settings: Configuration = configuration({ meshName: "m" });
  expect(configurationHash(reversed(settings))).toBe(configurationHash(settings));
});

test.each<ConfigurationInput>([
  { meshName: "m" },
  { preview: true },
  { proxy: { uid: 1 } },
  { proxy: { requests: { cpu: "1" } } },
  { capture: { ignoredPorts: [] } },
  { capture: { ignoredPorts: [22, 23] } },
  { capture: { ignoredPorts: [2223] } },
  { capture: { ignoredPorts: [23, 22] } },
])("changes with %j", (input) => {
  const others = [{}, { capture: { ignoredPorts: [22, 23] } }, { capture: { ignoredPorts: [23, 22] } }];
  for (const other of others) {
    if (JSON.stringify(other) !== JSON.stringify(input)) expect(hashOf(input)).not.toBe(hashOf(other));
  }
});

test("does not change with what no sidecar sees", () => {
  expect(hashOf({ webhook: { listen: "127.0.0.1:1" }, log: { level: "debug" } })).toBe(hashOf({}));
  expect(hashOf({ controlPlane: { mesh: "serve" }, arn: { account: "111111111111" } })).toBe(hashOf({}));
});
