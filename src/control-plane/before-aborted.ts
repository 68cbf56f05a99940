/** Resolves as the promise does. Rejects with the signal's reason when that comes first; without a promise it only waits for the signal. */
export async function beforeAborted<T>(promise: Promise<T> | undefined, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([promise ?? aborted.promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
