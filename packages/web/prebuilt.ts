/** The package's entry where the web app was built beforehand, as in `npm run pack`; has what `build.ts` has. */
import { fileURLToPath } from "node:url";

export async function buildWebApp(): Promise<string> {
  return fileURLToPath(new URL("./dist/", import.meta.url));
}
