import { defineConfig } from "vite";

// Three files with fixed names: they are embedded in the collector, which gives each an ETag of its content.
export default defineConfig({
  base: "/",
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rollupOptions: {
      output: {
        entryFileNames: "page.js",
        assetFileNames: "page.[ext]",
        inlineDynamicImports: true,
      },
    },
  },
});
