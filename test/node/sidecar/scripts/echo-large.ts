import { createHash, randomBytes } from "node:crypto";
import { connect } from "node:net";

/*
 * In a pod: HOST PORT MEBIBYTES — sends so much noise to a server that gives every byte back, and prints how many bytes came
 * back and whether they are the ones that were sent.
 */
const [host = "", port = "", mebibytes = ""] = process.argv.slice(2);
const noise = randomBytes(Number(mebibytes) << 20);
const back = createHash("sha256");
let received = 0;

const socket = connect({ host, port: Number(port), allowHalfOpen: true });
socket.setTimeout(60_000, () => socket.destroy(new Error(`no byte for a minute, after ${received}`)));
socket.on("data", (chunk: Buffer) => {
  back.update(chunk);
  received += chunk.length;
});
socket.on("end", () => {
  const same = back.digest("hex") === createHash("sha256").update(noise).digest("hex");
  process.stdout.write(`${received} bytes, ${same ? "the same" : "others"}`);
});
socket.end(noise);
