/* In a pod: URL BYTES — sends a body so long, and prints how long the answer is. */
const [url = "", bytes = ""] = process.argv.slice(2);
const answer = await fetch(url, {
  method: "POST",
  body: "x".repeat(Number(bytes)),
  signal: AbortSignal.timeout(60_000),
});
process.stdout.write(`${answer.status}, ${(await answer.text()).length}`);

export {};
