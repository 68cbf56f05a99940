/**
 * One path of an image's file system. Paths are absolute, normalised and without a slash at the end. Owners are
 * numbers; whatever is not said is root's. Folders that are only the parents of others need no entry.
 */
export type ImageEntry = FolderEntry | FileEntry | LinkEntry;

export interface FolderEntry {
  readonly type: "folder";
  readonly path: string;
  readonly mode: number;
}

export interface FileEntry {
  readonly type: "file";
  readonly path: string;
  readonly mode: number;
  /** The text itself, or the file of this machine whose bytes it has. */
  readonly content: { readonly text: string } | { readonly file: string };
}

export interface LinkEntry {
  readonly type: "link";
  readonly path: string;
  /** What the symbolic link says, as it says it. */
  readonly target: string;
}

export function folder(path: string, mode = 0o755): FolderEntry {
  return { type: "folder", path, mode };
}

export function textFile(path: string, text: string, mode = 0o644): FileEntry {
  return { type: "file", path, mode, content: { text } };
}

export function copiedFile(path: string, file: string, mode = 0o644): FileEntry {
  return { type: "file", path, mode, content: { file } };
}

export function link(path: string, target: string): LinkEntry {
  return { type: "link", path, target };
}

/**
 * The entries of an image in the order of an archive: each path once, parents before what they hold, sorted, with the
 * parents that nobody named. Of two entries for one path the later wins.
 */
export function inArchiveOrder(entries: readonly ImageEntry[]): readonly ImageEntry[] {
  const byPath = new Map<string, ImageEntry>();
  for (const entry of entries) byPath.set(entry.path, entry);
  for (const { path } of entries) {
    for (let parent = parentOf(path); parent !== "/"; parent = parentOf(parent)) {
      if (!byPath.has(parent)) byPath.set(parent, folder(parent));
    }
  }
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash <= 0 ? "/" : path.slice(0, slash);
}
