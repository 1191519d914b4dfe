import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// DANDORI_SERVER: the server that `npm run dev` talks to. A build needs none: the server serves it.
const server = process.env.DANDORI_SERVER ?? 'http://127.0.0.1:7010';

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // the content security policy allows no data: scripts or fonts
    chunkSizeWarningLimit: 900,
    reportCompressedSize: false,
  },
  server: { host: '127.0.0.1', proxy: { '/api': server, '/livez': server, '/readyz': server } },
  preview: { host: '127.0.0.1', proxy: { '/api': server } },
  test: { testTimeout: 60_000, include: ['src/**/*.test.ts'], environment: 'node' },
});
