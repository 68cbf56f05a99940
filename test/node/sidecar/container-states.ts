import { type JsonObject, member, numberOf, objectsOf, stringOf } from "../../../src/model/json.ts";
import { kubectl } from "../kubectl.ts";

/** What a kubelet says about one container. */
export interface ContainerState {
  readonly ready: boolean;
  /** Its startup probe has succeeded, or it has none and runs. */
  readonly started: boolean;
  readonly restarts: number;
  /** Exit code of the process that ran before this one, or of the last; undefined when none has ended. */
  readonly exitCode: number | undefined;
  /** When its process began and ended; undefined when it has not. */
  readonly startedAt: Date | undefined;
  readonly finishedAt: Date | undefined;
}

/** The containers of a pod by name, init containers among them. */
export async function containerStates(
  namespace: string,
  pod: string,
): Promise<Readonly<Record<string, ContainerState>>> {
  const text = await kubectl("--namespace", namespace, "get", "pod", pod, "--output=json");
  return statesIn(JSON.parse(text) as JsonObject);
}

/** The same of a pod's JSON. */
export function statesIn(pod: JsonObject): Readonly<Record<string, ContainerState>> {
  const status = pod["status"];
  const all = ["initContainerStatuses", "containerStatuses"].flatMap((list) => objectsOf(member(status, list)));
  return Object.fromEntries(all.map((one) => [stringOf(one["name"]) ?? "", stateOf(one)]));
}

function stateOf(status: JsonObject): ContainerState {
  const running = member(status["state"], "running");
  const ended = member(status["state"], "terminated") ?? member(status["lastState"], "terminated");
  return {
    ready: status["ready"] === true,
    started: status["started"] === true,
    restarts: numberOf(status["restartCount"]) ?? 0,
    exitCode: numberOf(member(ended, "exitCode")),
    startedAt: date(member(running ?? ended, "startedAt")),
    finishedAt: running === undefined ? date(member(ended, "finishedAt")) : undefined,
  };
}

function date(value: Parameters<typeof stringOf>[0]): Date | undefined {
  const text = stringOf(value);
  return text === undefined ? undefined : new Date(text);
}
