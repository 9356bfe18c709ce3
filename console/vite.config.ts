import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vitest/config';

/** Address of a running hub, or of `npm run dev:hub`, for `npm run dev`. */
const hub = process.env.GRIDWARDEN_HUB ?? 'http://127.0.0.1:8790';

export default defineConfig({
  plugins: [vue()],
  define: {
    __VUE_OPTIONS_API__: false,
    __VUE_PROD_DEVTOOLS__: false,
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: false,
    __VUE_I18N_FULL_INSTALL__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
  },
  build: {
    target: 'es2022',
    // An inlined picture or script would need a wider content policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The map library, loaded after the first paint.
    chunkSizeWarningLimit: 1200,
    rollupOptions: {
      output: {
        // Not every server knows `.mjs`; the map's worker must arrive as JavaScript.
        assetFileNames: ({ names }) =>
          names[0]?.endsWith('.mjs') ? 'assets/[hash].worker.js' : 'assets/[name]-[hash][extname]',
      },
    },
  },
  server: {
    proxy: Object.fromEntries(['/api', '/signin'].map((path) => [path, { target: hub }])),
  },
  test: { environment: 'node', include: ['src/**/*.test.ts'] },
});
