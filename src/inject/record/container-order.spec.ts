import { describe, expect, test } from "vitest";
import {
  aContainer,
  anInput,
  annotated,
  aPod,
  appmesh,
  containerOf,
  injected,
  namesOf,
  withSpec,
} from "../../../test/pods.ts";
import type { ConfigurationInput } from "../../config/schema.ts";
import { type JsonObject, member, objectsOf, stringOf } from "../../model/json.ts";
import { INIT_CONTAINERS_KEY, RECORD_KEY } from "../../model/names.ts";
import { inject } from "../inject.ts";
import { applyPatch } from "../json-patch.ts";
import { uninject } from "./uninject.ts";

interface Situation {
  readonly place?: "inside" | "outside";
  readonly cni?: true;
  readonly configuration?: ConfigurationInput;
}

/** An injected pod whose init containers another webhook has put into this order, with containers of its own. */
function reordered(names: string, { place, cni, configuration = {} }: Situation): JsonObject {
  const list = names.split(" ").filter((name) => name !== "");
  const own = list.filter((name) => name === "own").map((name) => aContainer(name));
  const before = aPod(
    ...(own.length > 0 ? [withSpec({ initContainers: own })] : []),
    ...(place ? [annotated({ [INIT_CONTAINERS_KEY]: place })] : []),
    ...(cni ? [appmesh({ appmeshCNI: "enabled" })] : []),
  );
  const { pod } = injected(before, { configuration });
  const initContainers = list.map(
    (name) => containerOf(pod, name) ?? aContainer(name, name.startsWith("side") ? { restartPolicy: "Always" } : {}),
  );
  return withSpec({ initContainers })(pod);
}

const initNames = (pod: JsonObject): string =>
  objectsOf(member(member(pod, "spec"), "initContainers"))
    .map(({ name }) => stringOf(name) ?? "")
    .join(" ");

/** AWS's program cannot wait for Envoy, so that it comes first. */
const CAPTURE_FIRST: ConfigurationInput = { capture: { program: "aws" } };
const ORDINARY: Situation = { configuration: { proxy: { mode: "ordinary" } } };
const WITH_XRAY: Situation = { configuration: { tracing: { provider: "xray" } } };
const FIRST: Situation = { configuration: CAPTURE_FIRST };
const FIRST_OUTSIDE: Situation = { configuration: CAPTURE_FIRST, place: "outside" };
const FIRST_XRAY: Situation = { configuration: { ...CAPTURE_FIRST, tracing: { provider: "xray" } } };

describe("asked again, init containers", () => {
  test.each<[string, Situation, string]>([
    // right as they are
    ["envoy proxyinit", {}, "envoy proxyinit"],
    ["envoy proxyinit own", {}, "envoy proxyinit own"],
    ["setup envoy proxyinit own", {}, "setup envoy proxyinit own"],
    ["envoy proxyinit own setup", {}, "envoy proxyinit own setup"],
    ["own envoy proxyinit", { place: "outside" }, "own envoy proxyinit"],
    ["setup own envoy proxyinit late", { place: "outside" }, "setup own envoy proxyinit late"],
    // somebody outside of the mesh
    ["envoy setup proxyinit", {}, "envoy proxyinit setup"],
    ["envoy setup proxyinit own", {}, "envoy proxyinit setup own"],
    ["envoy setup two proxyinit own", {}, "envoy proxyinit setup two own"],
    ["first envoy setup proxyinit", {}, "first envoy proxyinit setup"],
    ["envoy side proxyinit", {}, "envoy proxyinit side"],
    ["envoy setup proxyinit", { place: "outside" }, "setup envoy proxyinit"],
    ["own envoy setup two proxyinit late", { place: "outside" }, "own setup two envoy proxyinit late"],
    // the redirection before the Envoy that it waits for
    ["proxyinit envoy", {}, "envoy proxyinit"],
    ["proxyinit envoy own", {}, "envoy proxyinit own"],
    ["proxyinit setup envoy own", {}, "envoy proxyinit setup own"],
    ["first proxyinit setup envoy", {}, "first envoy proxyinit setup"],
    ["proxyinit setup envoy", { place: "outside" }, "setup envoy proxyinit"],
    ["own proxyinit envoy late", { place: "outside" }, "own envoy proxyinit late"],
    // the X-Ray daemon needs no place of its own
    ["envoy proxyinit xray-daemon own", WITH_XRAY, "envoy proxyinit xray-daemon own"],
    ["envoy xray-daemon proxyinit own", WITH_XRAY, "envoy proxyinit xray-daemon own"],
    ["envoy proxyinit setup xray-daemon", WITH_XRAY, "envoy proxyinit setup xray-daemon"],
    // an Envoy that comes after all init containers
    ["proxyinit", ORDINARY, "proxyinit"],
    ["own proxyinit", ORDINARY, "own proxyinit"],
    ["own proxyinit side", ORDINARY, "own proxyinit side"],
    ["own proxyinit setup", ORDINARY, "own setup proxyinit"],
    ["proxyinit own setup side", ORDINARY, "own setup proxyinit side"],
    // redirected from the sandbox on
    ["envoy own", { cni: true }, "envoy own"],
    ["setup envoy own", { cni: true }, "envoy setup own"],
    ["setup envoy", { cni: true, place: "outside" }, "envoy setup"],
    // a redirection that cannot wait, such as that of every pod of 0.1.0
    // right as they are
    ["proxyinit envoy", FIRST, "proxyinit envoy"],
    ["proxyinit envoy own", FIRST, "proxyinit envoy own"],
    ["setup proxyinit envoy own", FIRST, "setup proxyinit envoy own"],
    ["proxyinit envoy own setup", FIRST, "proxyinit envoy own setup"],
    ["own proxyinit envoy", FIRST_OUTSIDE, "own proxyinit envoy"],
    ["setup own proxyinit envoy late", FIRST_OUTSIDE, "setup own proxyinit envoy late"],
    // somebody without a network
    ["proxyinit setup envoy", FIRST, "proxyinit envoy setup"],
    ["proxyinit setup envoy own", FIRST, "proxyinit envoy setup own"],
    ["proxyinit setup two envoy own", FIRST, "proxyinit envoy setup two own"],
    ["first proxyinit setup envoy", FIRST, "first proxyinit envoy setup"],
    ["proxyinit side envoy", FIRST, "proxyinit envoy side"],
    ["proxyinit setup envoy", FIRST_OUTSIDE, "setup proxyinit envoy"],
    ["own proxyinit setup two envoy late", FIRST_OUTSIDE, "own setup two proxyinit envoy late"],
    // Envoy before the redirection
    ["envoy proxyinit", FIRST, "proxyinit envoy"],
    ["envoy proxyinit own", FIRST, "proxyinit envoy own"],
    ["envoy setup proxyinit own", FIRST, "proxyinit envoy setup own"],
    ["first envoy setup proxyinit", FIRST, "first proxyinit envoy setup"],
    ["envoy setup proxyinit", FIRST_OUTSIDE, "setup proxyinit envoy"],
    ["own envoy proxyinit late", FIRST_OUTSIDE, "own proxyinit envoy late"],
    // the X-Ray daemon needs no place of its own
    ["proxyinit envoy xray-daemon own", FIRST_XRAY, "proxyinit envoy xray-daemon own"],
    ["proxyinit xray-daemon envoy own", FIRST_XRAY, "proxyinit envoy xray-daemon own"],
    ["proxyinit envoy setup xray-daemon", FIRST_XRAY, "proxyinit envoy setup xray-daemon"],
  ])("%s (%j) become %s", (names, situation, expected) => {
    const pod = reordered(names, situation);
    const input = anInput(pod, { configuration: situation.configuration ?? {} });
    const result = inject(input);
    const after = applyPatch(pod, result.patch);
    expect(result).toMatchObject({ outcome: "inject", reason: "already-injected" });
    expect(initNames(after)).toBe(expected);
    expect(result.message.includes("put in order")).toBe(names !== expected);
    expect(result.patch.length).toBe(names === expected ? 0 : 2);
    // every container as it was, the third answer empty, and ours can be taken out
    for (const name of namesOf(pod)) expect(containerOf(after, name)).toEqual(containerOf(pod, name));
    expect(inject({ ...input, pod: after }).patch).toEqual([]);
    const rest = names.split(" ").filter((name) => !["proxyinit", "envoy", "xray-daemon"].includes(name));
    expect(initNames(applyPatch(after, uninject(after).patch))).toBe(rest.join(" "));
  });
});

test("a container of the app's that is called envoy is not moved by a gateway's record", () => {
  const record = { version: 1, created: [], parents: [], replaced: {} };
  const pod = aPod(
    withSpec({ initContainers: [aContainer("setup"), aContainer("envoy"), aContainer("proxyinit")] }),
    annotated({ [RECORD_KEY]: JSON.stringify(record) }),
  );
  expect(inject(anInput(pod))).toMatchObject({ reason: "already-injected", patch: [] });
});

test("what is added at the same time is moved along", () => {
  const before = aPod(appmesh({ ports: "80" }));
  const { pod } = injected(before, { trust: { kind: "later" } });
  const probed = aContainer("late", { restartPolicy: "Always", readinessProbe: { tcpSocket: { port: 80 } } });
  const initContainers = [containerOf(pod, "envoy"), probed, containerOf(pod, "proxyinit")] as JsonObject[];
  const late = withSpec({ initContainers })(pod);
  const result = inject(anInput(late));
  const after = applyPatch(late, result.patch);
  expect(initNames(after)).toBe("envoy proxyinit late");
  expect(member(containerOf(after, "late"), "readinessProbe")).toMatchObject({ httpGet: { port: 15020 } });
  expect(JSON.stringify(containerOf(after, "envoy"))).toContain("/probe/late/readiness");
  expect(inject(anInput(after)).patch).toEqual([]);
});
