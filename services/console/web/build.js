// Bundles each area's module and style sheet into the folder that is named as first argument.
import { readdirSync } from "node:fs";
import { build } from "esbuild";

const [out] = process.argv.slice(2);
if (!out) throw new Error("usage: node build.js FOLDER");

const files = (folder, ending) =>
  readdirSync(new URL(folder, import.meta.url)).filter((name) => name.endsWith(ending)).map((name) => `${folder}/${name}`);

await build({
  absWorkingDir: import.meta.dirname,
  entryPoints: [...files("src", ".ts"), ...files("styles", ".css")],
  entryNames: "[name]",
  chunkNames: "parts/[name]-[hash]",
  outdir: out,
  bundle: true,
  splitting: true,
  format: "esm",
  minify: true,
  legalComments: "linked",
  target: "es2022",
  logLevel: "warning",
});
