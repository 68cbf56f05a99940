import { describe, expect, test } from "vitest";
import { aContainer, annotated, annotationOf, aPod, injected, withContainers } from "../../../test/pods.ts";
import { type JsonObject, member } from "../../model/json.ts";
import { RECORD_KEY } from "../../model/names.ts";
import { type InjectionRecord, locate, newRecord, readRecord, recordText } from "./record.ts";

const RECORD: InjectionRecord = newRecord({
  release: "1.2.3",
  configuration: "0123456789ab",
  resource: "mesh/m/virtualNode/n",
  created: ["/spec/containers/name=nginx"],
  parents: [],
  replaced: { "/spec/containers/name=nginx/image": "old" },
});
const recorded = (text: string) => aPod(annotated({ [RECORD_KEY]: text }));
const changed = (change: object) => recorded(JSON.stringify({ ...RECORD, ...change }));

describe("locate finds", () => {
  const pod: JsonObject = {
    metadata: { annotations: { "a/b": "1" } },
    spec: { containers: [{ name: "a" }, { name: "b" }, { name: "a", last: true }], odd: { "name=x": 1 } },
  };

  test.each([
    ["a member with an escaped name", "/metadata/annotations/a~1b", "/metadata/annotations/a~1b", "1"],
    ["an element by its key", "/spec/containers/name=b", "/spec/containers/1", { name: "b" }],
    ["the last of several", "/spec/containers/name=a/last", "/spec/containers/2/last", true],
    ["a member that looks like a key", "/spec/odd/name=x", "/spec/odd/name=x", 1],
  ])("%s", (_name, keyed, path, value) => {
    expect(locate(pod, keyed)).toEqual({ path, value });
  });

  test.each([
    "/spec/containers/name=c",
    "/spec/containers/0",
    "/spec/volumes",
    "/metadata/annotations/a~1b/c",
    "/toString",
  ])("nothing at %s", (keyed) => {
    expect(locate(pod, keyed)).toBeUndefined();
  });
});

test("locate looks for elements in lists of up to 4096, and not in those of hostile pods", () => {
  const list = (length: number): JsonObject => ({ list: [{ name: "a" }, ...Array<JsonObject>(length - 1).fill({})] });
  expect(locate(list(4096), "/list/name=a")).toEqual({ path: "/list/0", value: { name: "a" } });
  expect(locate(list(4097), "/list/name=a")).toBeUndefined();
});

describe("a record", () => {
  test("is read back as it was written, when the pod fits it", () => {
    expect(readRecord(recorded(recordText(RECORD)))).toEqual({ kind: "fits", record: RECORD });
  });

  test("is absent from other pods", () => {
    for (const pod of [aPod(), {}, { metadata: null }, { metadata: { annotations: [] } }])
      expect(readRecord(pod)).toEqual({ kind: "absent" });
  });

  test.each<[string, JsonObject, string]>([
    ["text", recorded("yes"), "is not JSON"],
    ["nothing", recorded(""), "is not JSON"],
    ["a list", recorded("[]"), "is not a JSON object"],
    ["an object without version", recorded("{}"), "has the format version undefined, expected 1"],
    ["another version", changed({ version: 2 }), "has the format version 2, expected 1"],
    ["a version as text", changed({ version: "1" }), 'has the format version "1", expected 1'],
    ["no list of what was created", changed({ created: undefined }), "does not list"],
    ["a list of numbers", changed({ created: [1] }), "does not list"],
    ["a place that is no pointer", changed({ parents: ["spec"] }), "does not list"],
    ["a replaced place that is no pointer", changed({ replaced: { spec: 1 } }), "does not list"],
    ["a replaced object, which would be restored whole", changed({ replaced: { "/spec": {} } }), "does not list"],
    ["something beyond any length", recorded(" ".repeat(262_145)), "has 262145 characters"],
    [
      "something that is gone",
      changed({ created: ["/spec/containers/name=envoy"] }),
      "lists /spec/containers/name=envoy",
    ],
    ["a parent that is gone", changed({ parents: ["/spec/volumes"] }), "lists /spec/volumes"],
    ["a number", aPod(annotated({ [RECORD_KEY]: 1 })), "is not a string"],
  ])("of %s does not fit, with the reason", (_name, pod, problem) => {
    expect(readRecord(pod)).toEqual({ kind: "mismatch", problem: expect.stringContaining(problem) });
    const { result } = injected(pod);
    expect(result).toMatchObject({ outcome: "deny", reason: "record-mismatch", patch: [] });
    expect(result.message).toContain("outrigger uninject");
  });
});

describe("an injected pod", () => {
  const { pod } = injected(aPod());
  const record = JSON.parse(annotationOf(pod, RECORD_KEY) ?? "") as InjectionRecord;

  test("carries what was made for it and by whom", () => {
    expect(record).toMatchObject({
      version: 1,
      release: "1.2.3",
      configuration: expect.stringMatching(/^[0-9a-f]{12}$/),
      resource: "mesh/test-mesh/virtualNode/shop-nginx",
    });
    expect(record.created).toContain("/spec/initContainers/name=envoy");
    expect(record.parents).toContain("/metadata/annotations");
  });

  test("is not injected again", () => {
    expect(injected(pod).result).toMatchObject({ outcome: "inject", reason: "already-injected", patch: [] });
  });

  test("stays as it is under another release and configuration", () => {
    const { result } = injected(pod, { release: "9.9.9", configuration: { proxy: { logLevel: "debug" } } });
    expect(result).toMatchObject({ reason: "already-injected", patch: [] });
    expect(result.message).toContain("release 1.2.3");
  });

  test("stays injected when others add containers around it", () => {
    const spec = member(pod, "spec") as JsonObject;
    const more = {
      ...pod,
      spec: {
        ...spec,
        containers: [aContainer("first"), ...(spec["containers"] as JsonObject[])],
        initContainers: [aContainer("wait"), ...(spec["initContainers"] as JsonObject[])],
      },
    };
    expect(injected(more).result.reason).toBe("already-injected");
  });

  test("whose sidecar was taken out is denied, naming what is missing", () => {
    const { initContainers: _initContainers, ...spec } = member(pod, "spec") as JsonObject;
    const { result } = injected({ ...pod, spec });
    expect(result.reason).toBe("record-mismatch");
    expect(result.message).toContain("lists /spec/initContainers/name=");
  });

  test("gets the trust that it waited for, and lists it", () => {
    const waiting = injected(aPod(), { trust: { kind: "later" } }).pod;
    const { result, pod: trusted } = injected(waiting);
    expect(result.reason).toBe("already-injected");
    expect(result.patch.map(({ op, path }) => `${op} ${path}`)).toEqual([
      "add /metadata/annotations/outrigger.dev~1trust",
      "replace /metadata/annotations/outrigger.dev~1injected",
    ]);
    expect(injected(trusted).result.patch).toEqual([]);
  });

  test("without identity waits for none", () => {
    const configuration = { proxy: { controlPlane: "none" } } as const;
    const { pod: plain } = injected(aPod(), { configuration });
    expect(injected(plain, { configuration }).result.patch).toEqual([]);
  });
});

test("the hash changes with what bears on sidecars, not with the webhook's own settings", () => {
  const hashOf = (configuration: Parameters<typeof injected>[1]) => {
    const { pod } = injected(aPod(withContainers(aContainer("a"))), configuration);
    return (JSON.parse(annotationOf(pod, RECORD_KEY) ?? "") as InjectionRecord).configuration;
  };
  const usual = hashOf({});
  expect(hashOf({ configuration: { webhook: { listen: "127.0.0.1:1" }, log: { level: "debug" } } })).toBe(usual);
  expect(hashOf({ configuration: { proxy: { logLevel: "debug" } } })).not.toBe(usual);
});
