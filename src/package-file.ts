/**
 * Where a file of the package is that is read when the program runs; `path` from the package's root, such as `examples/nginx.yaml`. The sources and the bundles that
 * are built from them are each one folder below that root (`scripts/bundle.mjs`).
 */
export function packageFile(path: string): URL {
  return new URL(`../${path}`, import.meta.url);
}
