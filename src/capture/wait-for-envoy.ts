import { FIRST_WORD_MS, LATER_LOOK_MS, LATER_WORD_MS, LOOK_MS, OFTEN_MS } from "./limits.ts";

/** What Envoy says of itself: it is ready, or why it seems not to be. */
export type EnvoyState = { readonly kind: "ready" } | { readonly kind: "waiting"; readonly saw: string };

/** What waiting needs of the machine. */
export interface EnvoyWait {
  /** Seconds that an Envoy may take until it is ready for the first time; then it is told to end. */
  readonly seconds: number;
  readonly look: () => Promise<EnvoyState>;
  /** Tells Envoy to end, so that the kubelet starts it again; what came of that, in words. */
  readonly end: () => Promise<string>;
  readonly say: (text: string) => void;
  /** Throws what its signal was aborted with. */
  readonly pause: (milliseconds: number) => Promise<void>;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

/**
 * Waits until Envoy is ready, and says once a while what it waits for. It never gives up: a `proxyinit` that fails would end a
 * pod that may not be restarted, while an Envoy that has no configuration yet gets it as soon as there is one. Throws what
 * `pause` throws.
 */
export async function waitForEnvoy({ seconds, look, end, say, pause, now }: EnvoyWait): Promise<void> {
  const begun = now();
  let [started, word] = [begun, begun + FIRST_WORD_MS];
  for (;;) {
    const state = await look();
    if (state.kind === "ready") return;
    if (now() >= word) {
      const waited = Math.round((now() - begun) / 1000);
      say(
        `Envoy is not ready after ${waited} s, and the app waits for it: ${state.saw}; its log says why (container envoy)`,
      );
      word = now() + LATER_WORD_MS;
    }
    if (now() - started >= seconds * 1000) {
      say(`Envoy was not ready within ${seconds} s (proxy.startupTimeoutSeconds): ${await end()}`);
      started = now();
    }
    await pause(now() - begun < OFTEN_MS ? LOOK_MS : LATER_LOOK_MS);
  }
}
