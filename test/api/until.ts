/** An API server takes up registrations and CRDs within a second or two; a busy machine may need many times as long. */
const TIMEOUT_MS = 60_000;
const PAUSE_MS = 50;

/** Asks again and again until the answer is undefined; throws the last answer when that takes too long, in milliseconds. */
export async function until(problem: () => Promise<string | undefined>, timeout = TIMEOUT_MS): Promise<void> {
  const deadline = performance.now() + timeout;
  for (let seen = await problem(); seen !== undefined; seen = await problem()) {
    if (performance.now() > deadline) throw new Error(`still after ${timeout / 1_000} s: ${seen}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
