/** Every bound of installing and removing, each with its reason. Times in milliseconds. */
export const INSTALL_LIMITS = {
  /** Between two looks at something that is waited for: a person watches, and an API server has time for one read. */
  poll: 500,
  /** Default of `--timeout`, in seconds: images are pulled meanwhile, over slow networks too. */
  timeoutSeconds: 300,
  /** One test admission: longer than a registration's 5 s, so that it is the API server that gives up. */
  testAdmission: 15_000,
  /** Reviews of permissions that are asked for at once. */
  reviewsAtOnce: 8,
  /** Pods a page while those with sidecars are counted. */
  podPage: 500,
} as const;
