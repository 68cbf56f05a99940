import { describe, expect, test } from "vitest";
import { annotated, aPod, injected } from "../../test/pods.ts";
import type { JsonObject } from "../model/json.ts";
import { LONGEST_ANNOTATIONS } from "./sizes.ts";

/** All keys and values of a pod's annotations in bytes, as the API server adds them up. */
function sizeOf(pod: JsonObject): number {
  const { annotations } = pod["metadata"] as { annotations: Record<string, string> };
  return Object.entries(annotations).reduce((sum, [key, value]) => sum + Buffer.byteLength(key + value), 0);
}

/** A pod whose annotations have exactly this many bytes once it is injected. */
function podOfSize(total: number, letter = "x"): JsonObject {
  const own = sizeOf(injected(aPod(annotated({ "example.com/big": "" }))).pod);
  const width = Buffer.byteLength(letter);
  const rest = total - own;
  return aPod(annotated({ "example.com/big": letter.repeat(Math.floor(rest / width)) + "y".repeat(rest % width) }));
}

test("the limit is Kubernetes' TotalAnnotationSizeLimitB", () => {
  expect(LONGEST_ANNOTATIONS).toBe(256 * 1024);
});

describe.each(["x", "ü", "漢"])("annotations of the letter %s", (letter) => {
  test("may reach the limit with the sidecar's", () => {
    const { result, pod } = injected(podOfSize(LONGEST_ANNOTATIONS, letter));
    expect(result.outcome).toBe("inject");
    expect(sizeOf(pod)).toBe(LONGEST_ANNOTATIONS);
  });

  test("may not go a byte beyond it", () => {
    const { result } = injected(podOfSize(LONGEST_ANNOTATIONS + 1, letter));
    expect(result).toMatchObject({ outcome: "deny", reason: "annotations-too-large", patch: [] });
    expect(result.message).toContain(`take ${LONGEST_ANNOTATIONS + 1} bytes`);
  });
});

test("the denial says what takes the room, the largest first", () => {
  const { result } = injected(podOfSize(LONGEST_ANNOTATIONS + 1));
  expect(result.message).toMatch(/most take example\.com\/big \(\d+\), outrigger\.dev\//);
});

test("annotations that the injector makes from nothing count too", () => {
  const pem = "x".repeat(LONGEST_ANNOTATIONS);
  expect(injected(aPod(), { trust: { kind: "known", pem } }).result.reason).toBe("annotations-too-large");
  const { metadata: _metadata, ...bare } = aPod();
  const owner = { kind: "known", owner: { apiVersion: "apps/v1", kind: "Deployment", name: "a", uid: "" } } as const;
  expect(injected(bare, { owner, trust: { kind: "known", pem } }).result.reason).toBe("annotations-too-large");
});
