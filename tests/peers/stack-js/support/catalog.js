// What the tests sell, as an app's configuration has it.
const monthly = (USD) => ({ monthly: { USD, interval: [1, 'month'] } });
const once = (USD) => ({ once: { USD } });

export const payments = {
  testMode: false,
  items: {
    credits: { displayName: 'Credits', customerType: 'user' },
    seats: { displayName: 'Seats', customerType: 'team' },
    tokens: { displayName: 'Tokens', customerType: 'custom' },
  },
  productLines: { plans: { displayName: 'Plans', customerType: 'user' } },
  products: {
    pack: {
      displayName: 'Pack', customerType: 'user', stackable: true, prices: once('10'),
      includedItems: { credits: { quantity: 100, expires: 'never' } },
    },
    licence: { displayName: 'Licence', customerType: 'user', prices: once('99.50') },
    starter: {
      displayName: 'Starter', customerType: 'user', productLineId: 'plans', prices: monthly('9'),
      includedItems: { credits: { quantity: 10, repeat: [1, 'month'], expires: 'when-repeated' } },
    },
    pro: {
      displayName: 'Pro', customerType: 'user', productLineId: 'plans',
      prices: { ...monthly('19'), yearly: { USD: '190', interval: [1, 'year'] } },
      includedItems: { credits: { quantity: 50, repeat: [1, 'month'], expires: 'when-repeated' } },
    },
    secret: { displayName: 'Secret', customerType: 'user', serverOnly: true, prices: once('1') },
    'team-plan': {
      displayName: 'Team plan', customerType: 'team', prices: monthly('49'),
      includedItems: { seats: { quantity: 5, expires: 'when-purchase-expires' } },
    },
    'token-pack': {
      displayName: 'Token pack', customerType: 'custom', stackable: true, prices: once('5'),
      includedItems: { tokens: { quantity: 500, expires: 'never' } },
    },
  },
};

/** A product that is described in the call. */
export const inline = (customer_type = 'user', more = {}) => ({
  display_name: 'Made to order', customer_type, server_only: true, stackable: false,
  prices: { once: { USD: '7.25' } },
  included_items: {},
  ...more,
});
