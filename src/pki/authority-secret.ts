import { createByName } from "../kube/create-by-name.ts";
import { KubeError } from "../kube/kube-error.ts";
import { read, replace, type Writer } from "../kube/writes.ts";
import { type JsonObject, member, objectOf, stringOf } from "../model/json.ts";
import { AuthorityError } from "./authority-error.ts";
import { formatState, parseState, STATE_KEY } from "./authority-format.ts";
import type { AuthorityState } from "./authority-state.ts";

/** Where an authority is kept. */
export interface SecretName {
  readonly namespace: string;
  readonly name: string;
}

/** What was found there. */
export type StoredAuthority =
  | { readonly kind: "absent" }
  | { readonly kind: "empty"; readonly object: JsonObject }
  | { readonly kind: "held"; readonly object: JsonObject; readonly state: AuthorityState };

/** The Secret as a reference: what identifies it to the API server. */
export function secretReference({ namespace, name }: SecretName): JsonObject {
  return { apiVersion: "v1", kind: "Secret", metadata: { namespace, name } };
}

/**
 * Reads an authority, as etcd has it. Rejects with {@link AuthorityError} when the Secret holds something else, KubeError when it
 * cannot be read.
 */
export async function readAuthority(
  reader: Pick<Writer, "client" | "signal">,
  secret: SecretName,
): Promise<StoredAuthority> {
  const object = await read(reader, secretReference(secret));
  if (object === undefined) return { kind: "absent" };
  const data = objectOf(member(object, "data"));
  if (Object.keys(data).length === 0) return { kind: "empty", object };
  const where = `Secret ${secret.name} in namespace ${secret.namespace}`;
  const encoded = stringOf(data[STATE_KEY]);
  if (encoded === undefined) {
    throw new AuthorityError(
      "foreign",
      `${where} has ${Object.keys(data).length} keys, but not ${STATE_KEY}: it is not an authority of Outrigger; move it away`,
    );
  }
  return { kind: "held", object, state: parseState(Buffer.from(encoded, "base64").toString(), where) };
}

/**
 * Stores a state in the place of what was found. `overtaken`: somebody else wrote, or made or deleted the Secret, since it was
 * read; nothing was written, and it must be read again. Rejects with KubeError for any other failure.
 */
export async function writeAuthority(
  writer: Writer,
  secret: SecretName,
  found: StoredAuthority,
  state: AuthorityState,
): Promise<"written" | "overtaken"> {
  const data = { [STATE_KEY]: Buffer.from(formatState(state)).toString("base64") };
  try {
    if (found.kind === "absent") {
      await createByName(writer, { ...secretReference(secret), type: "outrigger.dev/authority", data });
    } else {
      // with the resourceVersion that was read, so that a write in between is a conflict
      await replace(writer, { ...found.object, apiVersion: "v1", kind: "Secret", data });
    }
    return "written";
  } catch (error) {
    // what is not there cannot be replaced; a namespace that is missing is another matter
    const isGone = error instanceof KubeError && found.kind !== "absent" && error.reason === "NotFound";
    const isOvertaken = isGone || (error instanceof KubeError && error.reason === "Conflict");
    if (!isOvertaken) throw error;
    return "overtaken";
  }
}
