import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bootstrap } from "../../src/bootstrap/bootstrap.ts";
import type { BootstrapSpec } from "../../src/bootstrap/spec.ts";
import { member } from "../../src/model/json.ts";
import { anySpec } from "./any-spec.ts";
import { testAuthority } from "./authority.ts";
import { configYaml, type SidecarPlace, validate } from "./envoy-process.ts";
import { type IdentityFolder, identityFolder } from "./identity-folder.ts";
import { LOOPBACK_POD } from "./kubelet-expansion.ts";
import { tracedListener } from "./traced-listener.ts";

const INPUTS = join(import.meta.dirname, "../../src/bootstrap/testdata/in");
const IPV6_POD = { ...LOOPBACK_POD, OUTRIGGER_POD_IP: "fd00:10:244::1a", OUTRIGGER_HOST_IP: "fd00::1" };

let folder: IdentityFolder;
let place: SidecarPlace;

beforeAll(async () => {
  folder = await identityFolder({ token: "a.b.c", trust: (await testAuthority()).pem });
  place = { pod: LOOPBACK_POD, ports: new Map(), identity: folder.path };
});

afterAll(() => folder.remove());

function golden(file: string): BootstrapSpec {
  const spec = JSON.parse(readFileSync(join(INPUTS, file), "utf8")) as object;
  return { clusterDns: undefined, statsd: undefined, sdsSocket: undefined, ...spec } as BootstrapSpec;
}

describe("every golden bootstrap is valid for Envoy, without a warning", () => {
  test.each(readdirSync(INPUTS))("%s", async (file) => {
    expect(await validate(configYaml(golden(file), place))).toEqual({ valid: true, log: "" });
  });
});

test.each(["none-dual-stack.json", "probes.json", "everything.json"])("%s is valid in an IPv6 pod", async (file) => {
  const config = configYaml(golden(file), { ...place, pod: IPV6_POD });
  expect(await validate(config)).toEqual({ valid: true, log: "" });
});

describe("the tracing that the control plane makes of a bootstrap is valid in a connection manager", () => {
  const files = readdirSync(INPUTS).filter((file) => file.startsWith("tracing-"));

  test.each(files)("%s", async (file) => {
    const text = configYaml(golden(file), place);
    const config = JSON.parse(text) as TracedConfig;
    const listener = tracedListener(20_000, text, golden(file).node);
    expect(JSON.stringify(listener)).toContain('"provider"');
    config.static_resources.listeners.push(listener);
    expect(await validate(JSON.stringify(config))).toEqual({ valid: true, log: "" });
  });

  test("a provider that Envoy does not know is refused there, so the test above can fail", async () => {
    const text = configYaml(golden("tracing-jaeger.json"), place);
    const config = JSON.parse(text) as TracedConfig;
    config.static_resources.listeners.push(tracedListener(20_000, text, golden("tracing-jaeger.json").node));
    const unknown = JSON.stringify(config).replaceAll("envoy.config.trace.v3.ZipkinConfig", "none");
    expect((await validate(unknown)).valid).toBe(false);
  });
});

test("any spec gives a valid bootstrap", async () => {
  await fc.assert(
    fc.asyncProperty(anySpec(), async (spec) => {
      expect(await validate(configYaml(spec, place))).toEqual({ valid: true, log: "" });
    }),
    { numRuns: 20, interruptAfterTimeLimit: 40_000 },
  );
});

test("a bootstrap with a field that Envoy does not know is not valid", async () => {
  const config = JSON.parse(configYaml(golden("ads.json"), place)) as object;
  expect((await validate(JSON.stringify({ ...config, no_such_field: 1 }))).valid).toBe(false);
});

test("an Envoy without its identity files says which one is missing", async () => {
  const config = configYaml(golden("ads.json"), { ...place, identity: join(folder.path, "nowhere") });
  const { valid, log } = await validate(config);
  expect(valid).toBe(false);
  expect(log).toContain("nowhere/");
});

test("without a control plane nothing refers to an identity", () => {
  const text = JSON.stringify(bootstrap(golden("none.json")));
  expect(text).not.toContain("/var/run/outrigger");
  expect(member(bootstrap(golden("none.json")), "dynamic_resources")).toBeUndefined();
});

interface TracedConfig {
  readonly static_resources: { readonly listeners: object[] };
}
