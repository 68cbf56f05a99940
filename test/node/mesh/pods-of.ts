import { type JsonObject, member, numberOf, objectsOf, stringOf } from "../../../src/model/json.ts";
import type { TestNamespace } from "../sidecar/app-pod.ts";

/** How often the containers of a pod were restarted. */
export interface PodRestarts {
  readonly uid: string;
  readonly restarts: number;
}

/** The pods of a namespace by name: the same as before where none was replaced and no container of them was restarted. */
export async function podsOf(namespace: TestNamespace): Promise<Readonly<Record<string, PodRestarts>>> {
  const list = JSON.parse(await namespace.kubectl("get", "pods", "--output=json")) as JsonObject;
  return Object.fromEntries(
    objectsOf(list.items).map(({ metadata, status }) => {
      const containers = ["containerStatuses", "initContainerStatuses"].flatMap((key) =>
        objectsOf(member(status, key)),
      );
      const restarts = containers.reduce((sum, container) => sum + (numberOf(container.restartCount) ?? 0), 0);
      return [stringOf(member(metadata, "name")) ?? "", { uid: stringOf(member(metadata, "uid")) ?? "", restarts }];
    }),
  );
}
