import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createRegistry, type DescFile } from "@bufbuild/protobuf";
import { StringValueSchema } from "@bufbuild/protobuf/wkt";

const GENERATED = join(import.meta.dirname, "..", "src", "xds", "generated");

/** Every file of messages that is generated from `src/xds/proto`. */
export const ENVOY_FILES: readonly DescFile[] = await loaded();

/** All of those messages, so that a `typed_config` can be read. */
export const ENVOY_MESSAGES = createRegistry(...ENVOY_FILES, StringValueSchema);

async function loaded(): Promise<DescFile[]> {
  const files: DescFile[] = [];
  for (const path of readdirSync(GENERATED, { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith("_pb.js")) continue;
    const module = (await import(join(GENERATED, path))) as Readonly<Record<string, unknown>>;
    const file = Object.entries(module).find(([name]) => name.startsWith("file_"));
    files.push(file?.[1] as DescFile);
  }
  return files;
}
