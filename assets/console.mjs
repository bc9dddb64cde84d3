// Gathers what the console's pages load beside our own files: `node console.mjs FOLDER`.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const FILES = {
  "htmx.js": "htmx.org/dist/htmx.min.js",
  "uplot.js": "uplot/dist/uPlot.iife.min.js",
  "uplot.css": "uplot/dist/uPlot.min.css",
};
const LICENCES = ["htmx.org/LICENSE", "@picocss/pico/LICENSE.md", "uplot/LICENSE"];

const folder = process.argv[2];
const from = (path) => join("node_modules", path);

// The pages' content policy allows pictures from our own address only, so those inside the style sheet become files.
async function unpackPictures(style) {
  const pictures = new Map();
  const unpacked = style.replace(/url\("data:image\/svg\+xml,([^"]+)"\)/g, (_, picture) => {
    if (!pictures.has(picture)) pictures.set(picture, `pico-${pictures.size + 1}.svg`);
    return `url("${pictures.get(picture)}")`;
  });
  if (unpacked.includes("data:")) throw new Error("a picture was left inside the style sheet");
  for (const [picture, name] of pictures) await writeFile(join(folder, name), decodeURIComponent(picture));
  return unpacked;
}

await mkdir(folder, { recursive: true });
for (const [name, path] of Object.entries(FILES)) await copyFile(from(path), join(folder, name));
const style = await readFile(from("@picocss/pico/css/pico.classless.min.css"), "utf8");
await writeFile(join(folder, "pico.css"), await unpackPictures(style));
const licences = await Promise.all(LICENCES.map((path) => readFile(from(path), "utf8")));
await writeFile(join(folder, "licences.txt"), licences.join("\n\n"));
