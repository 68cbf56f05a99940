import { createConnection } from "node:net";
import { text } from "node:stream/consumers";
import { TestbedError, type TestbedErrorCode } from "../testbed-error.ts";
import type { ComponentName } from "./component-list.ts";
import type { ServedImage } from "./image-registry.ts";

/** What the owner of a node-tier cluster can be asked for, over a socket in the cluster's folder. */
export type ControlRequest =
  | { readonly kind: "is-ready" }
  | { readonly kind: "start" | "stop"; readonly component: ComponentName }
  | { readonly kind: "serve"; readonly image: ServedImage };

export type ControlAnswer =
  | { readonly kind: "done"; readonly ready: boolean }
  | { readonly kind: "failed"; readonly code: TestbedErrorCode; readonly message: string };

/** An API server takes up to a minute and a half on a busy machine. */
const ANSWER_MS = 120_000;

/**
 * Asks the owner of a cluster and waits until it is done; true when the cluster is ready afterwards.
 *
 * @param socket path, as the cluster's record names it.
 * @throws TestbedError what the owner said, or `not-running` when it does not answer.
 */
export async function askOwner(socket: string, request: ControlRequest): Promise<boolean> {
  const connection = createConnection({ path: socket });
  connection.setTimeout(ANSWER_MS, () => connection.destroy(new Error(`no answer within ${ANSWER_MS / 1_000} s`)));
  let answer: ControlAnswer;
  try {
    connection.end(`${JSON.stringify(request)}\n`);
    answer = JSON.parse(await text(connection)) as ControlAnswer;
  } catch (cause) {
    throw new TestbedError("not-running", `the cluster does not answer at ${socket}; it is starting or ending`, {
      cause,
    });
  }
  if (answer.kind === "failed") throw new TestbedError(answer.code, answer.message);
  return answer.ready;
}
