import { get } from "node:https";
import { text } from "node:stream/consumers";

/* In a pod: URL — a request over TLS to a server whose certificate nobody has reason to trust. Prints the answer. */
get(process.argv[2] ?? "", { rejectUnauthorized: false, timeout: 30_000 }, async (answer) => {
  process.stdout.write(await text(answer));
});
