// Runs inside a pod: requests over connections that are kept, each connection sending the next one as soon as it has its answer.
// Arguments: host, port, connections, seconds. `REQUEST_HEAD`: lines of the request after its first one, in the place of Host alone.
// Prints one line of JSON.
import { connect } from "node:net";

const [host = "", port = "", connections = "", seconds = ""] = process.argv.slice(-4);
const REQUEST = `GET / HTTP/1.1\r\n${process.env["REQUEST_HEAD"] ?? `Host: ${host}`}\r\n\r\n`;
const latencies: number[] = [];
const begun = performance.now();
const end = begun + Number(seconds) * 1_000;

/** Bytes of a whole answer, head and body; 0 while they are not there yet. */
function lengthOfAnswer(text: string): number {
  const head = text.indexOf("\r\n\r\n");
  if (head < 0) return 0;
  if (!text.startsWith("HTTP/1.1 200 ")) throw new Error(`unexpected answer: ${text.slice(0, 80)}`);
  const length = /^content-length: (\d+)\r$/im.exec(text.slice(0, head + 1));
  if (length === null) throw new Error("an answer without a length");
  return head + 4 + Number(length[1]);
}

/** One connection, until the time is over or the server says that this was its last answer (nginx does after a thousand). */
async function connection(): Promise<void> {
  const socket = connect({ host, port: Number(port), noDelay: true });
  socket.setEncoding("latin1");
  const done = Promise.withResolvers<void>();
  let [answer, sent] = ["", 0];
  const next = (): void => {
    answer = "";
    sent = performance.now();
    socket.write(REQUEST);
  };
  socket.once("connect", next);
  socket.once("error", done.reject);
  socket.once("close", () => done.reject(new Error("the server ended a connection")));
  socket.on("data", (chunk: string) => {
    answer += chunk;
    const length = lengthOfAnswer(answer);
    if (length === 0 || answer.length < length) return;
    latencies.push(performance.now() - sent);
    if (performance.now() < end && !/^connection: close\r$/im.test(answer)) next();
    else done.resolve();
  });
  await done.promise;
  socket.destroy();
}

async function lane(): Promise<void> {
  while (performance.now() < end) await connection();
}

await Promise.all(Array.from({ length: Number(connections) }, lane));
const took = (performance.now() - begun) / 1_000;
latencies.sort((a, b) => a - b);
const at = (share: number): number => latencies[Math.ceil(latencies.length * share) - 1] ?? Number.NaN;
process.stdout.write(
  `${JSON.stringify({ requests: latencies.length, perSecond: latencies.length / took, p50: at(0.5), p99: at(0.99) })}\n`,
);
