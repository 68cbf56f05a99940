import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CORPUS_NOTE, HAS_CORPUS } from "../../corpus.ts";
import type { TestNamespace } from "../sidecar/app-pod.ts";
import { installed } from "../sidecar/installed.ts";
import { calls } from "./calls.ts";
import { clusterCounters } from "./envoy-statistics.ts";
import { gone, howto, started } from "./walkthrough.ts";

const MANIFEST = HAS_CORPUS ? howto("http-headers") : [];
/** What the README calls from its curler, and the color that it promises. */
const COLORS = [
  { header: "blue", color: "blue" },
  { header: "red", color: "red" },
  { header: "requesting.green.color", color: "green" },
  { header: "rainbow", color: "yellow" },
  { header: undefined, color: "white" },
];

describe.skipIf(!HAS_CORPUS)(`howto-k8s-http-headers${CORPUS_NOTE}`, () => {
  let namespace: TestNamespace;

  beforeAll(async () => {
    await installed();
    namespace = await started(MANIFEST);
  });

  afterAll(() => gone(MANIFEST));

  test("the header color_header chooses among five colors, each by one request of front's Envoy", async () => {
    const url = `http://front.${namespace.name}.svc.cluster.local:8080/`;
    const list = COLORS.map(({ header }) => ({
      url,
      ...(header !== undefined && { headers: { color_header: header } }),
    }));
    const answers = await calls(namespace, "curler", list);
    expect(answers).toEqual(COLORS.map(({ color }) => ({ status: 200, body: color })));
    expect(await clusterCounters(namespace, "app=front", "upstream_rq_total")).toMatchObject(
      Object.fromEntries(
        COLORS.map(({ color }) => [`cds_egress_${namespace.name}_${color}_${namespace.name}_http_8080`, 1]),
      ),
    );
  });
});
