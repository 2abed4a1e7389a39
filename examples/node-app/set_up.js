// Writes what the app sells into its project: run it once, with an administrator's key.
import { StackAdminApp } from '@stackframe/js';

const admin = new StackAdminApp({
  baseUrl: process.env.PURSER_URL ?? 'http://127.0.0.1:8130',
  projectId: process.env.PURSER_PROJECT_ID,
  publishableClientKey: process.env.PURSER_PUBLISHABLE_CLIENT_KEY,
  secretServerKey: process.env.PURSER_SECRET_SERVER_KEY,
  superSecretAdminKey: process.env.PURSER_SUPER_SECRET_ADMIN_KEY,
  tokenStore: null,
});

const project = await admin.getProject();
await project.updateConfig({
  'payments.testMode': false,
  'payments.items.credits': { displayName: 'Credits', customerType: 'user' },
  'payments.products.credits-100': {
    displayName: '100 credits',
    customerType: 'user',
    stackable: true,
    prices: { once: { USD: '10' } },
    includedItems: { credits: { quantity: 100, expires: 'never' } },
  },
});
console.log(`${project.displayName} sells credits now.`);
