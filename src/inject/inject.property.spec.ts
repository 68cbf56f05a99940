import fc from "fast-check";
import jsonPatch from "fast-json-patch";
import { describe, expect, test } from "vitest";
import { ANNOTATION_LEAVES, mayChange } from "../../test/annotation-leaves.ts";
import { annotationKey, anyPod, GOOD_ANNOTATIONS, hostileText } from "../../test/arbitrary-pods.ts";
import { differingLeaves } from "../../test/leaves.ts";
import { anInput, annotated, appmesh } from "../../test/pods.ts";
import { secondInjector } from "../../test/second-injector.ts";
import { type ConfigurationInput, configuration } from "../config/schema.ts";
import { isObject, type Json, type JsonObject, listOf, member, objectsOf, sameJson, stringOf } from "../model/json.ts";
import { ANNOTATIONS } from "./annotation-table.ts";
import { inject } from "./inject.ts";
import { applyPatch, escapeToken } from "./json-patch.ts";
import { REPLACED_VALUES } from "./pod-patch.ts";
import { uninject } from "./record/uninject.ts";

/** Seconds for each property: `OUTRIGGER_PROPERTY_SECONDS=60` looks longer and finds more. Without it the number of runs is fixed. */
const SECONDS = Number(process.env.OUTRIGGER_PROPERTY_SECONDS ?? "0");
const TIMEOUT = SECONDS * 1000 + 180_000;
const BOUND = bound(1);

/** A bound of so many times the usual runs, or the usual time. */
function bound(share: number): fc.Parameters<unknown> {
  if (SECONDS === 0) return { numRuns: 40 * share };
  return { numRuns: 1_000_000, interruptAfterTimeLimit: SECONDS * 1000 * share };
}

const CONFIGURATIONS: readonly ConfigurationInput[] = [
  {},
  { proxy: { pullSecret: "pull", fsGroup: 1337, imagePullPolicy: "Always" }, tracing: { provider: "xray" } },
  { flavor: "aws", stats: { tags: true, statsd: true }, sds: { enabled: true } },
  { proxy: { mode: "ordinary" }, capture: { mode: "cni" }, tracing: { provider: "datadog" } },
  { flavor: "aws", proxy: { mode: "ordinary", waitUntilReady: true }, tracing: { provider: "xray" } },
  { proxy: { controlPlane: "none", requests: { cpu: "", memory: "" } }, stats: { tags: true } },
  {
    sds: { enabled: true },
    tracing: { provider: "jaeger", address: "ref:status.hostIP" },
    cloudMapReadinessGate: true,
  },
];
const SETTINGS = CONFIGURATIONS.map((input) => configuration({ meshName: "test-mesh", ...input }));

const anyInput = fc
  .tuple(anyPod, fc.constantFrom(...SETTINGS))
  .map(([pod, settings]) => ({ ...anInput(pod), configuration: settings }));
/** Inputs that are injected; the others are denied for a good reason, such as a limit below the request. */
const injectedInput = anyInput.filter((input) => inject(input).reason === "injected");

function injectedPod(input: ReturnType<typeof anInput>): JsonObject {
  return applyPatch(input.pod, inject(input).patch);
}

describe("for any pod", () => {
  test("most pods of these tests are injected", () => {
    const reasons = fc.sample(anyInput, 200).map((input) => inject(input).reason);
    expect(reasons.filter((reason) => reason === "injected").length).toBeGreaterThan(100);
  });

  test("injecting twice is injecting once", { timeout: TIMEOUT }, () => {
    fc.assert(
      fc.property(injectedInput, (input) => {
        const again = inject({ ...input, pod: injectedPod(input) });
        expect(again).toMatchObject({ outcome: "inject", reason: "already-injected", patch: [] });
      }),
      BOUND,
    );
  });

  test("uninject gives back what came", { timeout: TIMEOUT }, () => {
    fc.assert(
      fc.property(injectedInput, (input) => {
        const pod = injectedPod(input);
        expect(applyPatch(pod, uninject(pod).patch)).toEqual(input.pod);
      }),
      BOUND,
    );
  });

  test("nothing is lost or moved, save the values that are listed as replaced", { timeout: TIMEOUT }, () => {
    fc.assert(
      fc.property(injectedInput, (input) => {
        expect(lost(input.pod, injectedPod(input), "")).toEqual([]);
      }),
      BOUND,
    );
  });

  test("the same input gives the same bytes, and is not touched", { timeout: TIMEOUT }, () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const copy = structuredClone(input);
        const frozen = { ...input, pod: deepFrozen(input.pod) };
        expect(JSON.stringify(inject(copy))).toBe(JSON.stringify(inject(frozen)));
        expect(copy.pod).toEqual(input.pod);
      }),
      BOUND,
    );
  });

  test("another implementation of RFC 6902 makes the same of the patch", { timeout: TIMEOUT }, () => {
    fc.assert(
      fc.property(injectedInput, (input) => {
        const { patch } = inject(input);
        const operations = structuredClone(patch) as unknown as jsonPatch.Operation[];
        const document = jsonPatch.applyPatch(structuredClone(input.pod) as object, operations, true).newDocument;
        expect(document).toEqual(applyPatch(input.pod, patch));
      }),
      BOUND,
    );
  });
});

describe("one annotation changes only what is listed for it", () => {
  test("and every annotation is tried, but for the switch itself and one that is for gateways", () => {
    const tried = Object.keys(GOOD_ANNOTATIONS).map(annotationKey);
    const others = ANNOTATIONS.map(({ key }) => key).filter((key) => !tried.includes(key));
    expect(others.map((key) => key.split("/")[1])).toEqual([
      "sidecarInjectorWebhook",
      "virtualGatewaySkipImageOverride",
    ]);
  });

  test.each(Object.entries(GOOD_ANNOTATIONS))(
    "%s",
    (name, values) => {
      expect(ANNOTATION_LEAVES[name]).toBeDefined();
      fc.assert(
        fc.property(injectedInput, fc.constantFrom(...values), (input, value) => {
          // with annotations of its own, so that the object around them is not what changes
          const before = annotated({ note: "" })(withoutAnnotation(input.pod, name));
          const results = [before, annotated({ [annotationKey(name)]: value })(before)].map((pod) => ({
            ...input,
            pod,
          }));
          fc.pre(results.every((result) => inject(result).reason === "injected"));
          const [left, right] = results.map(injectedPod) as [JsonObject, JsonObject];
          expect(differingLeaves(left, right).filter((path) => !mayChange(name, path))).toEqual([]);
        }),
        bound(1 / 4),
      );
    },
    TIMEOUT,
  );
});

describe("text of a user stays inside its own string", () => {
  const NEUTRAL = "neutral";

  test.each([
    { place: "a note", change: (text: string) => annotated({ note: text }), paths: ["/metadata/annotations/note"] },
    { place: "mesh", change: (text: string) => appmesh({ mesh: text }), name: "mesh" },
    { place: "virtualNode", change: (text: string) => appmesh({ virtualNode: text }), name: "virtualNode" },
    {
      place: "a variable",
      change: (text: string) => appmesh({ sidecarEnvJson: JSON.stringify([{ V: text }]) }),
      name: "sidecarEnvJson",
    },
    {
      place: "the path of a probe",
      change: probed((path) => ({ httpGet: { path, port: 80 } })),
      probe: "httpGet/path",
    },
    {
      place: "the service of a probe",
      change: probed((service) => ({ grpc: { port: 80, service } })),
      probe: "grpc/service",
    },
  ])("$place", { timeout: TIMEOUT }, ({ change, paths = [], name, probe }) => {
    fc.assert(
      fc.property(fc.constantFrom(...SETTINGS), hostileText, (settings, text) => {
        const inputs = [NEUTRAL, text].map((value) => ({
          ...anInput(
            change(value)({
              metadata: { name: "web", annotations: { note: "" } },
              spec: { containers: [{ name: "web", ports: [{ containerPort: 80 }] }] },
            }),
          ),
          configuration: settings,
        }));
        fc.pre(inputs.every((input) => inject(input).reason === "injected"));
        const [left, right] = inputs.map(injectedPod) as [JsonObject, JsonObject];
        const unexpected = differingLeaves(left, right).filter(
          (path) =>
            !paths.includes(path) &&
            !(name !== undefined && mayChange(name, path)) &&
            !(probe !== undefined && isOfProbe(path)),
        );
        expect(unexpected).toEqual([]);
      }),
      bound(1 / 2),
    );
  });
});

describe("another injector", () => {
  const ends = fc.record({
    initContainer: fc.constantFrom("first", "last"),
    container: fc.constantFrom("first", "last"),
  } as const);

  test("that comes before ours keeps what it added, and ours adds the same", { timeout: TIMEOUT }, () => {
    fc.assert(
      fc.property(injectedInput, ends, (input, other) => {
        const before = { ...input, pod: secondInjector(input.pod, other) };
        const both = injectedPod(before);
        expect(lost(before.pod, both, "")).toEqual([]);
        expect(ourContainers(both)).toEqual(ourContainers(injectedPod(input)));
      }),
      BOUND,
    );
  });

  test("that comes after ours leaves nothing to do but an order, once, and is not undone with ours", {
    timeout: TIMEOUT,
  }, () => {
    fc.assert(
      fc.property(injectedInput, ends, (input, other) => {
        const late = secondInjector(injectedPod(input), other);
        const again = inject({ ...input, pod: late });
        expect(again.reason).toBe("already-injected");
        // one of ours is moved where the other's would have no network: behind it for an Envoy that is an ordinary container,
        // before it in CNI mode
        const edits = again.patch.map(({ op, path }) => `${op} ${path.replace(/[0-9]+$/, "")}`);
        expect([[], ["remove /spec/initContainers/", "add /spec/initContainers/"]]).toContainEqual(edits);
        const both = applyPatch(late, again.patch);
        expect(inject({ ...input, pod: both })).toMatchObject({ reason: "already-injected", patch: [] });
        const alone = applyPatch(both, uninject(both).patch);
        expect(alone).toEqual(secondInjector(input.pod, other));
      }),
      BOUND,
    );
  });
});

/** Places where null counts as missing: an object or a list takes its place. */
const FILLED_IN =
  /^(\/metadata|\/metadata\/annotations|\/spec\/(initContainers|volumes|imagePullSecrets|readinessGates|securityContext(\/fsGroup)?|containers\/\d+\/(lifecycle|env|volumeMounts)))$/;

/** Paths of the document before at which the one after has something else. List elements may have neighbours before and after. */
function lost(before: Json, after: Json | undefined, path: string): readonly string[] {
  if (REPLACED_VALUES.some((pattern) => pattern.test(path))) return [];
  if (before === null && FILLED_IN.test(path)) return [];
  if (isObject(before)) {
    if (!isObject(after)) return [path];
    return Object.entries(before).flatMap(([key, value]) =>
      lost(value, member(after, key), `${path}/${escapeToken(key)}`),
    );
  }
  if (!Array.isArray(before)) return sameJson(before, after) ? [] : [path];
  if (!Array.isArray(after)) return [path];
  const [list, longer] = [listOf(before), listOf(after)];
  // what was added stands together, at an end or in the middle
  const added = longer.length - list.length;
  const attempts = Array.from({ length: list.length + 1 }, (_, split) =>
    list.flatMap((element, index) => lost(element, longer[index < split ? index : index + added], `${path}/${index}`)),
  );
  return attempts.reduce((best, attempt) => (attempt.length < best.length ? attempt : best));
}

/**
 * Without their resources, and without what says which of them starts first: another container may cost the pod its QoS class
 * Guaranteed, and ours go by that.
 */
function ourContainers(pod: JsonObject): readonly JsonObject[] {
  const spec = member(pod, "spec");
  const ours = [...objectsOf(member(spec, "initContainers")), ...objectsOf(member(spec, "containers"))]
    .filter(({ name }) => ["proxyinit", "envoy", "xray-daemon"].includes(name as string))
    .map(({ resources: _resources, startupProbe: _startup, readinessProbe: _readiness, ...container }) =>
      container["name"] === "proxyinit" ? { ...container, args: listOf(container["args"]).slice(0, 1) } : container,
    );
  const nameOf = (container: JsonObject): string => stringOf(container["name"]) ?? "";
  return ours.toSorted((a, b) => nameOf(a).localeCompare(nameOf(b)));
}

function withoutAnnotation(pod: JsonObject, name: string): JsonObject {
  const copy = structuredClone(pod) as { metadata?: { annotations?: Record<string, string> | null } | null };
  delete copy.metadata?.annotations?.[annotationKey(name)];
  return copy as JsonObject;
}

function probed(probe: (text: string) => JsonObject) {
  return (text: string) =>
    (pod: JsonObject): JsonObject => ({
      ...pod,
      spec: { containers: [{ name: "web", ports: [{ containerPort: 80 }], livenessProbe: probe(text) }] },
    });
}

/** The probe itself, its old value in the record, and what Envoy asks instead. */
function isOfProbe(path: string): boolean {
  return /^\/spec\/containers\/web\/livenessProbe\/|!\/replaced\/|!\/static_resources\/(clusters\/outrigger_probe_grpc|listeners\/outrigger_status\/.*(prefix_rewrite|cluster_min_healthy_percentages))/.test(
    path,
  );
}

function deepFrozen<T extends Json>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const member of Object.values(value)) deepFrozen(member);
    Object.freeze(value);
  }
  return value;
}
