// Turns files into a C++ source that defines Assets(): node embed.mjs OUT.cc DIST_DIR [URL=FILE...]
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";

const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".yaml": "application/yaml",
};

// Octal escapes of three digits: unlike hexadecimal ones they end by themselves. Lines keep compilers quick.
function literal(bytes) {
  const lines = [];
  for (let i = 0; i < bytes.length; i += 64) {
    const chars = Array.from(bytes.subarray(i, i + 64), (byte) => `\\${byte.toString(8).padStart(3, "0")}`);
    lines.push(`"${chars.join("")}"`);
  }
  return lines.join("\n") || '""';
}

function asset(url, file) {
  const bytes = readFileSync(file);
  const gzip = gzipSync(bytes, { level: 9 });
  const etag = createHash("sha256").update(bytes).digest("hex").slice(0, 20);
  const type = types[extname(file)];
  if (!type) throw new Error(`no content type is known for ${file}`);
  return `{"${url}", "${type}", "\\"${etag}\\"",
std::string_view(${literal(bytes)}, ${bytes.length}),
std::string_view(${literal(gzip)}, ${gzip.length})}`;
}

const [out, dist, ...more] = process.argv.slice(2);
const assets = [
  ...readdirSync(dist).sort().map((name) => [name === "index.html" ? "/" : `/${name}`, join(dist, name)]),
  ...more.map((pair) => pair.split("=", 2)),
];
writeFileSync(out, `// Written by embed.mjs.
#include "collector/web/assets.h"

namespace loadline::collector {

std::span<const Asset> Assets() {
  static constexpr Asset kAssets[] = {
${assets.map(([url, file]) => asset(url, file)).join(",\n")}};
  return kAssets;
}

}  // namespace loadline::collector
`);
