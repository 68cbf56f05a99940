import { describe, expect, test } from "vitest";
import {
  aContainer,
  annotated,
  aPod,
  appmesh,
  containerOf,
  initContainersOf,
  injected,
  type PodChange,
  type Surroundings,
  withContainers,
  withSpec,
} from "../../../test/pods.ts";
import type { ConfigurationInput } from "../../config/schema.ts";
import { type JsonObject, listOf, member, stringOf } from "../../model/json.ts";
import { INIT_CONTAINERS_KEY } from "../../model/names.ts";

interface Found {
  readonly order: string;
  readonly because: string;
  readonly pod: JsonObject;
}

function orderOf(changes: readonly PodChange[], surroundings: Surroundings = {}): Found {
  const { result, pod } = injected(aPod(...changes), surroundings);
  expect(result.outcome, result.message).toBe("inject");
  const order = initContainersOf(pod)
    .map(({ name }) => stringOf(name) ?? "")
    .join(" ");
  const because = result.trace.find(({ rule }) => rule === "start-order")?.saw ?? "";
  return { order, because, pod };
}

const configured = (configuration: ConfigurationInput): Surroundings => ({ configuration });
const app = (resources: JsonObject) => withContainers(aContainer("app", { resources }));

const ENVOY_FIRST = "envoy proxyinit";
const CAPTURE_FIRST = "proxyinit envoy";
const PROBE = { httpGet: { path: "/ready", port: 15020 }, periodSeconds: 1, failureThreshold: 180 };

describe("Envoy starts first, and proxyinit waits for it", () => {
  test.each<[string, readonly PodChange[], Surroundings]>([
    ["with Outrigger's own image", [], {}],
    ["with a copy of it, by its tag", [], configured({ capture: { image: "registry.example:5000/outrigger:1.2.3" } })],
    ["with a copy by tag and digest", [], configured({ capture: { image: "mirror/outrigger:1.2.3@sha256:abc" } })],
    ["without a control plane", [], configured({ proxy: { controlPlane: "none" } })],
    ["where the app requests nothing", [], {}],
    ["where the app requests little", [app({ requests: { cpu: "1m", memory: "1Mi" } })], {}],
    ["where the app is Guaranteed", [app({ limits: { cpu: "100m", memory: "128Mi" } })], {}],
    ["where no first second is wanted", [], configured({ proxy: { readinessInitialDelaySeconds: 0 } })],
  ])("%s", (_case, changes, surroundings) => {
    const { order, pod } = orderOf(changes, surroundings);
    expect(order).toBe(ENVOY_FIRST);
    expect(containerOf(pod, "proxyinit")?.["args"]).toEqual(["capture", "--wait-for-envoy=180", "--admin-port=9901"]);
    expect(containerOf(pod, "envoy")).not.toHaveProperty("startupProbe");
    expect(containerOf(pod, "envoy")?.["readinessProbe"]).not.toHaveProperty("initialDelaySeconds");
  });

  test("and is told how long Envoy may take, and where its admin interface is", () => {
    const { pod } = orderOf([], configured({ proxy: { startupTimeoutSeconds: 60, adminPort: 9902 } }));
    expect(listOf(containerOf(pod, "proxyinit")?.["args"])).toEqual([
      "capture",
      "--wait-for-envoy=60",
      "--admin-port=9902",
    ]);
  });

  test("behind the pod's own init containers where those run outside", () => {
    const own = withSpec({ initContainers: [aContainer("own")] });
    expect(orderOf([own, annotated({ [INIT_CONTAINERS_KEY]: "outside" })]).order).toBe("own envoy proxyinit");
    expect(orderOf([own]).order).toBe("envoy proxyinit own");
  });
});

describe("proxyinit comes first, and Envoy has a start-up probe", () => {
  test.each<[string, readonly PodChange[], Surroundings, RegExp]>([
    ["AWS's program", [], configured({ capture: { program: "aws" } }), /AWS's capture program/],
    ["an image of another release", [], configured({ capture: { image: "mirror/outrigger:1.2.2" } }), /tag 1\.2\.3/],
    ["an image without a tag", [], configured({ capture: { image: "registry:5000/outrigger" } }), /tag 1\.2\.3/],
    ["an image by digest", [], configured({ capture: { image: "mirror/outrigger@sha256:abc" } }), /tag 1\.2\.3/],
    ["a late readiness", [], configured({ proxy: { readinessInitialDelaySeconds: 2 } }), /after 2 s only/],
    ["limits where the app requests nothing", [], configured({ proxy: { limits: { cpu: "100m" } } }), /larger/],
    ["a small Guaranteed pod", [app({ limits: { cpu: "50m", memory: "128Mi" } })], {}, /larger/],
  ])("for %s", (_case, changes, surroundings, why) => {
    const { order, because, pod } = orderOf(changes, surroundings);
    expect(order).toBe(CAPTURE_FIRST);
    expect(because).toMatch(why);
    expect(listOf(containerOf(pod, "proxyinit")?.["args"]).slice(1)).toEqual([]);
    expect(containerOf(pod, "envoy")?.["startupProbe"]).toEqual(PROBE);
    expect(containerOf(pod, "envoy")?.["readinessProbe"]).toHaveProperty("initialDelaySeconds");
  });

  test("in the aws flavor, and where the plugin redirects there is none to wait", () => {
    expect(orderOf([], configured({ flavor: "aws" }))).toMatchObject({ order: CAPTURE_FIRST });
    const cni = orderOf([appmesh({ appmeshCNI: "enabled" })]);
    expect(cni).toMatchObject({ order: "envoy", because: "" });
    expect(containerOf(cni.pod, "envoy")?.["startupProbe"]).toEqual(PROBE);
  });
});

describe("beside Envoy, proxyinit requests", () => {
  const requests = (changes: readonly PodChange[], surroundings: Surroundings = {}) =>
    member(containerOf(orderOf(changes, surroundings).pod, "proxyinit"), "resources");

  test("nothing where the app requests nothing", () => {
    expect(requests([])).toEqual({});
  });

  test("what the largest of the app's containers does where that is less", () => {
    const two = withContainers(
      aContainer("one", { resources: { requests: { cpu: "3m", memory: "8Mi" } } }),
      aContainer("two", { resources: { requests: { cpu: "4m" } } }),
    );
    expect(requests([two])).toEqual({ requests: { cpu: "4m", memory: "8Mi" } });
  });

  test("its own where the app's containers together request that much", () => {
    const six = { resources: { requests: { cpu: "6m", memory: "1Gi" } } };
    expect(requests([withContainers(aContainer("one", six), aContainer("two", six))])).toEqual({
      requests: { cpu: "10m", memory: "32Mi" },
    });
  });

  test("what it would anyway where its namespace demands more than the app has", () => {
    const least = { min: { cpu: "20m" }, max: {}, default: {}, defaultRequest: {}, maxLimitRequestRatio: {} };
    const limitRanges = [{ name: "least", limits: [{ type: "Container", ...least }] }];
    expect(orderOf([], { limitRanges }).order).toBe(CAPTURE_FIRST);
    expect(requests([], { limitRanges })).toEqual({ requests: { cpu: "20m", memory: "32Mi" } });
  });
});
