import { connect } from "node:net";
import { createInterface } from "node:readline";

/*
 * In a pod: HOST PORT [SECONDS] — connects to a server that speaks first, waits for its greeting without sending anything, stays
 * silent so long, then says a word. Prints the greeting's first word, and the answer.
 */
const [host = "", port = "", seconds = "0"] = process.argv.slice(2);
const socket = connect({ host, port: Number(port) });
const lines: string[] = [];
socket.setTimeout(Number(seconds) * 1_000 + 30_000, () =>
  socket.destroy(new Error(`silence after ${lines.length} lines`)),
);
createInterface({ input: socket })
  .on("line", (line) => {
    lines.push(line);
    if (lines.length === 1) setTimeout(() => socket.write("hello\r\n"), Number(seconds) * 1_000);
    else socket.end();
  })
  .on("close", () => process.stdout.write([lines[0]?.split(" ")[0], ...lines.slice(1)].join(", ")));
