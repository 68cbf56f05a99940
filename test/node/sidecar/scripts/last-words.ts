import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/*
 * As an app: URL — answers on port 8080, also for some seconds after it was asked to stop, more than a busy machine takes to ask it once
 * again. Then it fetches the URL, and leaves as its last message what it was told; when nobody answered, why. Ends with 7, so that it is
 * known who ended it.
 */
const server = createServer((_request, response) => response.end("still here\n")).listen(8080);
process.once("SIGTERM", async () => {
  await sleep(8_000);
  const words = await fetch(process.argv[2] ?? "", { signal: AbortSignal.timeout(15_000) }).then(
    (answer) => answer.text(),
    (error: unknown) => String(error),
  );
  writeFileSync("/dev/termination-log", words);
  server.close();
  process.exit(7);
});
