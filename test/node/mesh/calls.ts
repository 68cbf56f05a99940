import type { TestNamespace } from "../sidecar/app-pod.ts";

/** A GET, or a POST where it has a body, as a person types it with curl. */
export interface Call {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** For Node.js in a pod: makes the calls of its argument one after the other, each on a connection of its own, and prints the answers. */
const SCRIPT = `
import { request } from "node:http";
const answers = [];
for (const { url, headers, body: data } of JSON.parse(process.argv[2])) {
  answers.push(await new Promise((resolve, reject) => {
    // unlike fetch it sends the host that is asked for
    const options = { method: data === undefined ? "GET" : "POST", headers: { ...headers, connection: "close" }, timeout: 60_000 };
    const asked = request(url, options, (answer) => {
      let body = "";
      answer.setEncoding("utf8").on("data", (text) => (body += text)).on("error", reject);
      answer.on("end", () => resolve({ status: answer.statusCode, body: body.trim() }));
    });
    asked.on("error", reject).on("timeout", () => asked.destroy(new Error("no answer in 60 s"))).end(data);
  }));
}
process.stdout.write(JSON.stringify(answers));
`;

/** Makes calls from a pod's container `app`, and returns their answers in the same order. @throws Error where one has no answer. */
export async function calls(namespace: TestNamespace, pod: string, list: readonly Call[]): Promise<readonly Answer[]> {
  return JSON.parse(await namespace.run(pod, SCRIPT, JSON.stringify(list))) as readonly Answer[];
}

/** Makes one call from a pod's container `app`. @throws Error where it has no answer. */
export async function call(namespace: TestNamespace, pod: string, url: string): Promise<Answer> {
  const [answer] = await calls(namespace, pod, [{ url }]);
  return answer ?? { status: 0, body: "" };
}
