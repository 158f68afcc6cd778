import { defineConfig } from '@playwright/test';

/** Journeys on the built bundle as the server gives it: start `platbook serve` and name it in PLATBOOK_URL. */
export default defineConfig({
  testDir: 'e2e',
  // What pictures should look like stands beside what draws them.
  snapshotPathTemplate: '{testDir}/golden/{arg}{ext}',
  workers: 1,
  timeout: 60_000,
  use: {
    baseURL: process.env.PLATBOOK_URL ?? 'http://127.0.0.1:8080',
    viewport: { width: 1440, height: 900 },
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    launchOptions: { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--use-angle=swiftshader', '--enable-unsafe-swiftshader'] },
  },
});
