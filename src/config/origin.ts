/** Where a value comes from. */
export type Origin =
  | { readonly source: "default" }
  | { readonly source: "file"; readonly file: string; readonly line: number; readonly column: number }
  | { readonly source: "environment"; readonly variable: string }
  /** Flag without dashes. */
  | { readonly source: "flag"; readonly flag: string };

/** An origin in words: `default`, `mesh.yaml:3:12`, `environment MESH_NAME`, `flag --mesh-name`. */
export function describeOrigin(origin: Origin): string {
  switch (origin.source) {
    case "default":
      return "default";
    case "file":
      return `${origin.file}:${origin.line}:${origin.column}`;
    case "environment":
      return `environment ${origin.variable}`;
    case "flag":
      return `flag --${origin.flag}`;
  }
}
