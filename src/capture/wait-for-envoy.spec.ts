import { describe, expect, test } from "vitest";
import { type EnvoyState, waitForEnvoy } from "./wait-for-envoy.ts";

const SAW: EnvoyState = { kind: "waiting", saw: "http://127.0.0.1:15020/ready answers 503" };

/** Waits for an Envoy that is ready after so many seconds, on a clock that only its own pauses move. */
async function waited(
  readyAfter: number,
  options: { seconds?: number; stopAfter?: number } = {},
): Promise<{ looks: number; ended: readonly number[]; said: readonly string[]; error: unknown }> {
  const { seconds = 180, stopAfter = Number.POSITIVE_INFINITY } = options;
  const [ended, said]: [number[], string[]] = [[], []];
  let [now, looks] = [0, 0];
  let error: unknown;
  await waitForEnvoy({
    seconds,
    look: () => {
      looks++;
      return Promise.resolve<EnvoyState>(now >= readyAfter * 1000 ? { kind: "ready" } : SAW);
    },
    end: () => {
      ended.push(now);
      return Promise.resolve("it was told to end");
    },
    say: (text) => said.push(text),
    pause: (milliseconds) => {
      now += milliseconds;
      return now > stopAfter * 1000 ? Promise.reject(new Error("stopped")) : Promise.resolve();
    },
    now: () => now,
  }).catch((thrown: unknown) => {
    error = thrown;
  });
  return { looks, ended, said, error };
}

describe("an Envoy that is ready", () => {
  test("is not waited for", async () => {
    expect(await waited(0)).toEqual({ looks: 1, ended: [], said: [], error: undefined });
  });

  test("soon is looked at often, and nothing is said", async () => {
    const { looks, said } = await waited(0.2);
    expect(said).toEqual([]);
    expect(looks).toBeGreaterThan(5);
  });
});

describe("an Envoy that is not ready", () => {
  test("is said to be so after a while, then once a minute, with what was seen", async () => {
    const { said } = await waited(100);
    expect(said).toEqual([
      "Envoy is not ready after 10 s, and the app waits for it: http://127.0.0.1:15020/ready answers 503; its log says why (container envoy)",
      expect.stringContaining("Envoy is not ready after 70 s"),
    ]);
  });

  test("is told to end each time that it has taken as long as it may, and is waited for all the same", async () => {
    const { ended, said } = await waited(50, { seconds: 15 });
    expect(ended).toHaveLength(3);
    for (const [index, at] of ended.entries()) expect(Math.round(at / 1000)).toBe(15 * (index + 1));
    expect(said).toContain("Envoy was not ready within 15 s (proxy.startupTimeoutSeconds): it was told to end");
  });

  test("is waited for much longer than it may take", async () => {
    const { error, ended } = await waited(3600);
    expect(error).toBeUndefined();
    expect(ended).toHaveLength(19);
  });

  test("holds nobody up who is asked to end", async () => {
    expect(await waited(3600, { stopAfter: 3 })).toMatchObject({ error: new Error("stopped"), said: [], ended: [] });
  });
});
