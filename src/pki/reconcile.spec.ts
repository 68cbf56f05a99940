import { expect, test } from "vitest";
import type { KubeReader } from "../kube/client.ts";
import { KubeError } from "../kube/kube-error.ts";
import { followObjects } from "./follow-object.ts";
import { reconcile } from "./reconcile.ts";
import { WakeUp } from "./wake-up.ts";

const WATCHED = [{ apiVersion: "v1", kind: "Secret", metadata: { namespace: "here", name: "authority" } }];
const HOUR = 3_600_000;

/** Watches that stay silent until the signal; each one that begins is counted, and may be broken off. */
function silentWatches(): KubeReader & { readonly paths: string[] } {
  const paths: string[] = [];
  return {
    paths,
    get: () => Promise.reject(new KubeError("unreachable", "nobody reads here")),
    watch(path, { signal }) {
      paths.push(path);
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
    },
  };
}

test("steps follow each other as they ask for it, and end with the signal", async () => {
  const abort = new AbortController();
  let steps = 0;
  const step = async (): Promise<number> => {
    steps++;
    if (steps === 4) abort.abort();
    return -1;
  };
  const client = silentWatches();
  await reconcile({ follow: followObjects(client, WATCHED), step, failed: () => {} }, new WakeUp(), abort.signal);
  expect(steps).toBe(4);
  expect(client.paths).toEqual([
    expect.stringMatching(/^\/api\/v1\/namespaces\/here\/secrets\?watch=1&.*fieldSelector=metadata.name%3Dauthority/),
  ]);
});

test("a step that fails is told and tried again", async () => {
  const abort = new AbortController();
  const failures: unknown[] = [];
  const step = async (): Promise<number> => {
    if (failures.length < 2) throw new KubeError("status", "not yet");
    abort.abort();
    return HOUR;
  };
  const failed = (error: unknown): void => void failures.push(error);
  await reconcile({ follow: followObjects(silentWatches(), WATCHED), step, failed }, new WakeUp(), abort.signal);
  expect(failures).toMatchObject([{ message: "not yet" }, { message: "not yet" }]);
});

test("a failure after the signal is none", async () => {
  const abort = new AbortController();
  const failures: unknown[] = [];
  const step = async (): Promise<number> => {
    abort.abort();
    throw new KubeError("unreachable", "ended");
  };
  await reconcile(
    { follow: followObjects(silentWatches(), WATCHED), step, failed: (error) => void failures.push(error) },
    new WakeUp(),
    abort.signal,
  );
  expect(failures).toEqual([]);
});

test("an event of a watched object is a reason for a step, a bookmark is none", async () => {
  const abort = new AbortController();
  let steps = 0;
  let afterBookmarks = 0;
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));
  const client: KubeReader = {
    get: () => Promise.reject(new KubeError("unreachable", "nobody reads here")),
    async watch(_path, { event }) {
      // the first step, and one more because the watch begins
      while (steps < 2) await pause();
      for (const type of ["BOOKMARK", "BOOKMARK"]) event({ type, object: {} });
      await pause();
      afterBookmarks = steps;
      event({ type: "MODIFIED", object: {} });
      while (steps < 3) await pause();
      abort.abort();
    },
  };
  const step = async (): Promise<number> => {
    steps++;
    return HOUR;
  };
  await reconcile({ follow: followObjects(client, WATCHED), step, failed: () => {} }, new WakeUp(), abort.signal);
  expect([afterBookmarks, steps]).toEqual([2, 3]);
});
