/* Regular expressions as people write them in routes: what Envoy takes, and what it refuses together with every route of the port. */

export const READABLE: readonly string[] = [
  ".*",
  "/color/[a-z]+",
  "^/v[0-9]+/.*$",
  "(?i)firefox|chrome",
  "(?P<version>v\\d+)",
  "a{2,5}?",
  "[[:alpha:]]+\\.example\\.com",
  "\\p{Greek}+",
  "\\Qa.b\\E",
  "(?:a|b)*c\\b",
  "x{900}",
  "",
];

export const UNREADABLE: readonly string[] = [
  "(?=look)ahead",
  "(?!not)this",
  "(?<=behind)",
  "(a)\\1",
  "[z-a]",
  "(open",
  "closed)",
  "*",
  "a**",
  "x{1001}",
  "(x{100}){100}",
  "[unclosed",
  "\\",
  "\\p{Klingon}",
  "(?>atomic)",
  "a++",
  // larger than a sidecar's bound, as App Mesh's was
  "x{1000}",
  "(?:\\p{L}|[^a]|.){1000}",
];
