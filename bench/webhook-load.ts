// The generator, in a process and on a core of its own: takes one order on its command line, prints one line of JSON.
import { randomUUID } from "node:crypto";
import { closedLoop, openLoop, percentile } from "./https-load.ts";
import { podReview } from "./pod-review.ts";

const CONNECTIONS = 16;
const [host = "", port = "", ca = "", rate = "0", seconds = "1", varieties = "1"] = process.argv.slice(2);
/** No pod is like another: these come in turn, and that many requests lie between two that are the same to the byte. */
const PODS = 1_000;
const bodies = Array.from({ length: PODS }, (_, pod) =>
  podReview(randomUUID(), pod % Number(varieties), suffix(pod), Math.floor(pod / 100)),
);
const target = { host, port: Number(port), ca, bodies };
const answered =
  Number(rate) === 0
    ? await closedLoop(target, CONNECTIONS, Number(seconds))
    : await openLoop(target, CONNECTIONS, Number(rate), Number(seconds));
const milliseconds = (share: number): number => Math.round(percentile(answered.latencies, share) * 1000) / 1000;
process.stdout.write(
  `${JSON.stringify({
    requests: answered.latencies.length,
    failures: answered.failures,
    seconds: answered.seconds,
    p50: milliseconds(0.5),
    p99: milliseconds(0.99),
    p999: milliseconds(0.999),
    bodyBytes: Buffer.byteLength(bodies[0] ?? ""),
  })}\n`,
);

/** Five characters as Kubernetes makes them, others for each pod. */
function suffix(pod: number): string {
  const letters = "bcdfghjklmnpqrstvwxz2456789";
  const at = (place: number): string => letters.charAt(Math.floor(pod / letters.length ** place) % letters.length);
  return `${at(0)}${at(1)}${at(2)}xz`;
}
