/** Fixed limits of the contract, in one place. Those that an operator may change are in `Config`. */
export const LIMITS = {
  images: 6,
  imageBytes: 5 * 1024 * 1024,
  /** Six images as base64 in JSON, and room for the fields. */
  processBodyBytes: Math.ceil((6 * 5 * 1024 * 1024 * 4) / 3) + 1024 * 1024,
  /** A model file that shall be finished, or a zip of one. */
  modelBytes: 64 * 1024 * 1024,
  /** One model as base64 in JSON, and room for the fields. */
  modelBodyBytes: Math.ceil((64 * 1024 * 1024 * 4) / 3) + 1024 * 1024,
  bodyBytes: 64 * 1024,
  /** Bytes of upload that the process holds in memory at a time, over all requests. */
  uploadBudgetBytes: 768 * 1024 * 1024,
  jsonDepth: 32,
  multipartParts: 64,
  fieldBytes: 64 * 1024,
  urlCharacters: 2048,
  nameCharacters: 128,
  tags: 32,
  tagCharacters: 64,
  refreshTokens: 20,
  iterations: 100,
  /** Assets of one batch download. */
  batch: 200,
  reasonCharacters: 500,

  seed: { min: 0, max: 2 ** 32 - 1 },

  jwtSeconds: 12 * 3600,
  linkSeconds: 3600,
  signInSeconds: 24 * 3600,
  /** A password that a link's session may set without the former one; afterwards it must be known. */
  linkPasswordSeconds: 3600,
  password: { min: 10, max: 200 },
  /** Wrong passwords a minute for one account from one address. */
  passwordFailures: 10,
  sessionSeconds: 30 * 24 * 3600,
  idempotencySeconds: 24 * 3600,

  /** Engine faults (a crash, memory, time) after which a job is given up. */
  engineFailures: 3,
  /**
   * Attempts lost because the whole server died; generous, since engines run in processes of their own, so that is seldom
   * the job's fault. At 10, four runs of `npm run test:chaos` on a machine too busy to finish an asset between two kills
   * gave up the two assets each that were in work all that time.
   */
  lostAttempts: 30,
  /** For how long an asset waits, from its first attempt on, for a database or storage that is away or full. */
  outageSeconds: 24 * 3600,
} as const;
