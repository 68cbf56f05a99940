import { afterAll, beforeAll, expect, test } from "vitest";
import { inject } from "../../src/inject/inject.ts";
import { applyPatch } from "../../src/inject/json-patch.ts";
import { listOf, member, stringOf } from "../../src/model/json.ts";
import { ENVOY_CONTAINER, IDENTITY_PATH } from "../../src/model/names.ts";
import { GOLDEN_NAMES, goldenInputs } from "../golden-cases.ts";
import { containerOf, envOf } from "../pods.ts";
import { testAuthority } from "./authority.ts";
import { validate } from "./envoy-process.ts";
import { type IdentityFolder, identityFolder } from "./identity-folder.ts";
import { expandAsKubelet, LOOPBACK_POD } from "./kubelet-expansion.ts";

/** The places that the downward API fills in, for a pod of either family. */
const PODS = {
  IPv4: LOOPBACK_POD,
  IPv6: { ...LOOPBACK_POD, OUTRIGGER_POD_IP: "fd00:10:244::1a", OUTRIGGER_HOST_IP: "fd00::1" },
};

interface GoldenArgument {
  readonly name: string;
  readonly argument: string;
  /** Variables of the container, as the kubelet would expand them. */
  readonly variables: readonly string[];
}

let folder: IdentityFolder;

beforeAll(async () => {
  folder = await identityFolder({ token: "a.b.c", trust: (await testAuthority()).pem });
});

afterAll(() => folder.remove());

test.each(goldenArguments())("the bootstrap of $name is valid for Envoy, without a warning", async (golden) => {
  expect(await validate(asOnThisMachine(golden, PODS.IPv4))).toEqual({ valid: true, log: "" });
});

test.each(goldenArguments().filter(({ argument }) => argument.includes("_IP)")))(
  "the bootstrap of $name is valid in an IPv6 pod",
  async (golden) => {
    expect(await validate(asOnThisMachine(golden, PODS.IPv6))).toEqual({ valid: true, log: "" });
  },
);

test("there are bootstraps to look at", () => {
  expect(goldenArguments().length).toBeGreaterThan(20);
});

/** Every bootstrap argument of the golden outputs that is different from the others. */
function goldenArguments(): readonly GoldenArgument[] {
  const found = new Map<string, GoldenArgument>();
  for (const name of GOLDEN_NAMES) {
    const input = goldenInputs(name).envoy;
    const envoy = containerOf(applyPatch(input.pod, inject(input).patch), ENVOY_CONTAINER);
    const argument = stringOf(listOf(member(envoy, "args"))[1]);
    if (argument !== undefined && !found.has(argument)) {
      found.set(argument, { name, argument, variables: Object.keys(envOf(envoy)) });
    }
  }
  return [...found.values()];
}

/** Only names that are variables of the container are filled in; a place without its variable stays, and is not valid. */
function asOnThisMachine({ argument, variables }: GoldenArgument, pod: Readonly<Record<string, string>>): string {
  const values = Object.fromEntries(Object.entries(pod).filter(([name]) => variables.includes(name)));
  const expanded = expandAsKubelet(argument, values);
  expect(expanded).not.toMatch(/\$\(OUTRIGGER_/);
  return expanded.replaceAll(IDENTITY_PATH, folder.path);
}
