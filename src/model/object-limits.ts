import type { Json } from "./json.ts";

/**
 * How large an object may be that is looked at. etcd takes no request above 1.5 MiB, so that what a cluster stores is smaller;
 * files and other sources have no such bound. The deepest known field is 12 levels down; kept unknown fields may go deeper.
 */
export const OBJECT_LIMITS = { depth: 64, values: 200_000, characters: 2 * 1024 * 1024 } as const;

/** What is too large about a value, or undefined. Never recurses deeper than the limit. */
export function oversize(value: Json): string | undefined {
  let values = 0;
  let characters = 0;
  const walk = (at: Json, depth: number): string | undefined => {
    if (++values > OBJECT_LIMITS.values) return `more than ${OBJECT_LIMITS.values} values`;
    if (typeof at === "string") characters += at.length;
    if (characters > OBJECT_LIMITS.characters) return `more than ${OBJECT_LIMITS.characters} characters`;
    if (typeof at !== "object" || at === null) return undefined;
    if (depth === OBJECT_LIMITS.depth) return `nested deeper than ${OBJECT_LIMITS.depth} levels`;
    for (const [key, member] of Object.entries(at)) {
      characters += key.length;
      const problem = walk(member as Json, depth + 1);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
  return walk(value, 0);
}
