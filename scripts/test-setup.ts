/** `npm run test:setup`: installs the Debian packages that the tests need; says nothing when all are there. */
import { SetupError, setUp } from "./debian-packages.ts";

try {
  setUp();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
