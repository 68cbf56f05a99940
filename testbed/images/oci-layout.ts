import { createHash } from "node:crypto";
import { link, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LayerDigest } from "./tar-layer.ts";

/** How a container of the image is started when the pod does not say otherwise; the names of the OCI image format. */
export interface ImageConfig {
  /** Numbers only: `runAsNonRoot` cannot be checked against a name. */
  readonly User: string;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly WorkingDir?: string;
  readonly StopSignal?: string;
}

/** A layer on disk. */
export interface LayerFile extends LayerDigest {
  readonly file: string;
}

/** Node's names of processors in the words of the image format. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/**
 * Writes an image as an OCI layout (image-spec, image-layout.md) into a folder that is there and empty. Layers are hard
 * links: images that share one share its disk space too. Nothing of it depends on the time.
 */
export async function writeLayout(folder: string, layers: readonly LayerFile[], config: ImageConfig): Promise<void> {
  const blobs = join(folder, "blobs", "sha256");
  await mkdir(blobs, { recursive: true });
  for (const layer of layers) await link(layer.file, join(blobs, hexOf(layer.digest)));

  const blob = async (value: unknown): Promise<LayerDigest> => {
    const text = JSON.stringify(value);
    const digest = `sha256:${createHash("sha256").update(text).digest("hex")}`;
    await writeFile(join(blobs, hexOf(digest)), text);
    return { digest, size: Buffer.byteLength(text) };
  };
  const epoch = new Date(0).toISOString();
  const configuration = await blob({
    created: epoch,
    architecture: ARCHITECTURES[process.arch] ?? process.arch,
    os: "linux",
    config,
    rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => digest) },
    history: layers.map(() => ({ created: epoch, created_by: "testbed/images" })),
  });
  const manifest = await blob({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: { mediaType: "application/vnd.oci.image.config.v1+json", ...configuration },
    layers: layers.map(({ digest, size }) => ({
      mediaType: "application/vnd.oci.image.layer.v1.tar",
      digest,
      size,
    })),
  });
  await writeFile(join(folder, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  await writeFile(
    join(folder, "index.json"),
    JSON.stringify({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.index.v1+json",
      manifests: [{ mediaType: "application/vnd.oci.image.manifest.v1+json", ...manifest }],
    }),
  );
}

function hexOf(digest: string): string {
  return digest.slice(digest.indexOf(":") + 1);
}
