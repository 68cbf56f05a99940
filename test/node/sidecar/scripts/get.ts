/* In a pod: URL — a request over a connection of its own. Prints the answer; fails when its status is none of success. */
const answer = await fetch(process.argv[2] ?? "", {
  headers: { connection: "close" },
  signal: AbortSignal.timeout(30_000),
});
process.stdout.write(await answer.text());
process.exitCode = answer.ok ? 0 : 1;

export {};
