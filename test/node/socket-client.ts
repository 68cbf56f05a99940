import { connect } from "node:net";

/*
 * node socket-client.ts HOST PORT — connects, waits for the server's line, sends a word, and prints the line and the word
 * that comes back; nothing when the connection is closed before. Fails when there is no connection, or no answer in time.
 */
const [, , host = "", port = ""] = process.argv;
const socket = connect({ host, port: Number(port) });
let text = "";
// generous: the machine may be busy, and nothing waits when all is well
socket.setTimeout(20_000, () => socket.destroy(new Error("no answer")));
socket.on("data", (chunk: Buffer) => {
  const before = text;
  text += chunk.toString();
  if (!before.includes("\n") && text.includes("\n")) socket.write("echo\n");
  if (text.endsWith("echo\n")) socket.end();
});
socket.on("error", (error: NodeJS.ErrnoException) => {
  // closed by the other side is an answer too
  if (error.code === "ECONNRESET" || error.code === "EPIPE") return;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
socket.on("close", () => process.stdout.write(text));
