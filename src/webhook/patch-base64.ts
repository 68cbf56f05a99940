import type { PatchOperation } from "../inject/json-patch.ts";
import { RecentValues } from "../model/recent-values.ts";

interface Encoded {
  readonly operations: readonly PatchOperation[];
  readonly base64: Buffer;
}

const RECENT = new RecentValues<Encoded>();

/**
 * The operations as base64 (ASCII) of their JSON text. Pods of one Deployment get the same patch: the last one of each key is
 * kept, unless it is very long, and sent again where the operations are the same, for comparing costs a tenth of writing.
 */
export function patchBase64(operations: readonly PatchOperation[], key: string): Buffer {
  const { base64 } = RECENT.get(
    key,
    () => ({ operations, base64: encoded(operations) }),
    // the operations take about as much
    (made) => 2 * made.base64.length,
    (kept) => writesTheSame(kept.operations, operations),
  );
  return base64;
}

function encoded(operations: readonly PatchOperation[]): Buffer {
  return Buffer.from(Buffer.from(JSON.stringify(operations)).toString("base64"), "latin1");
}

/** Whether two values give the same JSON text: the order of members counts. */
function writesTheSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const keys = Object.keys(one);
  const otherKeys = Object.keys(other);
  if (keys.length !== otherKeys.length) return false;
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as keyof object;
    if (key !== otherKeys[index] || !writesTheSame(one[key], other[key])) return false;
  }
  return true;
}
