/** An API server takes up registrations and CRDs within a second or two; a busy machine may need ten times as long. */
const TIMEOUT_MS = 20_000;
const PAUSE_MS = 50;

/** Asks again and again until the answer is undefined; throws the last answer when that takes too long. */
export async function until(problem: () => Promise<string | undefined>): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS;
  for (let seen = await problem(); seen !== undefined; seen = await problem()) {
    if (performance.now() > deadline) throw new Error(`still after ${TIMEOUT_MS / 1_000} s: ${seen}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
