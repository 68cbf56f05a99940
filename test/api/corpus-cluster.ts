import type { JsonObject } from "../../src/model/json.ts";
import { INJECT_KEY } from "../../src/model/names.ts";
import { corpusCrds, corpusNamespaces } from "../corpus.ts";
import type { ApiAnswer, ApiConnection } from "./api-connection.ts";
import { applyMeshObjects, installCrds, removeCrds } from "./custom-resources.ts";
import { podsOf, withServiceAccount } from "./namespaces.ts";

/** Makes the namespaces of the corpus, labelled enabled, with the objects of App Mesh that belong to their pods. */
export async function installCorpus(api: ApiConnection): Promise<void> {
  await installCrds(api, corpusCrds());
  await Promise.all(
    corpusNamespaces().map(async ({ name, labels, meshObjects }) => {
      await api.apply(`/api/v1/namespaces/${name}`, {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name, labels: { ...labels, [INJECT_KEY]: "enabled" } },
      });
      await applyMeshObjects(api, meshObjects);
    }),
  );
}

/** Takes the objects away again; the namespaces stay, for no controller that could end them runs. */
export async function removeCorpus(api: ApiConnection): Promise<void> {
  await removeCrds(api, corpusCrds());
}

/** What the API server would store of a pod, or why it would not: all of admission and validation, and nothing kept. */
export function dryRun(api: ApiConnection, namespace: string, pod: JsonObject): Promise<ApiAnswer> {
  return api.send("POST", `${podsOf(namespace)}?dryRun=All`, withServiceAccount(pod));
}
