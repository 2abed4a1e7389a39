// Writes a TypeScript file that assigns every recorded answer to its type in the stripe package:
//
//   node check_types.js FOLDER-OF-ANSWERS FILE.ts
//
// Compiled with --strict, a member that is missing, has a wrong type or is not in the types is an error.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, target] = process.argv.slice(2);

const types = {
  account: 'Account',
  account_link: 'AccountLink',
  charge: 'Charge',
  'checkout.session': 'Checkout.Session',
  customer: 'Customer',
  customer_balance_transaction: 'CustomerBalanceTransaction',
  dispute: 'Dispute',
  event: 'Event',
  invoice: 'Invoice',
  invoiceitem: 'InvoiceItem',
  item: 'LineItem',
  line_item: 'InvoiceLineItem',
  payment_intent: 'PaymentIntent',
  payment_method: 'PaymentMethod',
  price: 'Price',
  product: 'Product',
  refund: 'Refund',
  setup_intent: 'SetupIntent',
  subscription: 'Subscription',
  subscription_item: 'SubscriptionItem',
  'test_helpers.test_clock': 'TestHelpers.TestClock',
  webhook_endpoint: 'WebhookEndpoint',
};
const deleted = {
  customer: 'DeletedCustomer',
  invoice: 'DeletedInvoice',
  invoiceitem: 'DeletedInvoiceItem',
  product: 'DeletedProduct',
  subscription_item: 'DeletedSubscriptionItem',
  'test_helpers.test_clock': 'TestHelpers.DeletedTestClock',
  webhook_endpoint: 'DeletedWebhookEndpoint',
};
// By the path of a list: what its rows are, where an empty one does not say.
function typeOf(document, path) {
  if (document.error) return 'Stripe.StripeRawError';
  if (document.object === 'list' || document.object === 'search_result') {
    const list = document.object === 'list' ? 'ApiList' : 'ApiSearchResult';
    return `Stripe.${list}<${document.data.length === 0 ? 'never' : typeOf(document.data[0])}>`;
  }
  if (path === '/v1/invoices/upcoming') return 'Stripe.UpcomingInvoice';
  const name = (document.deleted ? deleted : types)[document.object];
  if (!name) throw new Error(`no type is known for ${path}: ${JSON.stringify(document).slice(0, 200)}`);
  return `Stripe.${name}`;
}

const seen = new Set();
const lines = [
  "import type Stripe from 'stripe';",
  '',
];
const files = readdirSync(folder).filter((file) => file.endsWith('.json')).sort();
for (const file of files) {
  const { path, document } = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  const type = typeOf(document, path);
  const value = JSON.stringify(document.error ?? document, null, 1);
  lines.push(`// ${file}: ${path}`, `export const ${file.replace(/\W/g, '_')}: ${type} = ${value};`);
  seen.add(type);
}

// A type that no answer was checked against is a hole in the check.
const expected = [...Object.values(types), ...Object.values(deleted), 'UpcomingInvoice', 'StripeRawError'];
const missing = expected.map((name) => `Stripe.${name}`)
  .filter((type) => ![...seen].some((one) => one === type || one === `Stripe.ApiList<${type}>`));
if (missing.length > 0) {
  console.error(`check_types: nothing was recorded for ${missing.join(', ')}`);
  process.exit(1);
}
writeFileSync(target, `${lines.join('\n')}\n`);
console.log(`${files.length} answers are checked against ${seen.size} types`);
