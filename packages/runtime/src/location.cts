// A CommonJS module in both builds: `__dirname` and `require` exist here whichever way the package was loaded.
import path = require('node:path');

/** The folder that holds this package's package.json. */
export const packageRoot: string = path.resolve(__dirname, '..', '..');

/** Loads a JSON file, a package or a native addon. */
export function load(specifier: string): unknown {
  return require(specifier);
}
