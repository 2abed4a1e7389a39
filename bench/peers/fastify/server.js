// What a user would write instead of Purser: credits in a table, taken with one guarded UPDATE and written
// down in a ledger, by one statement of one request. Settings: PORT, PGHOST, PGDATABASE, PGUSER, API_KEY.
'use strict';

const crypto = require('node:crypto');
const fastify = require('fastify')();
const { Pool } = require('pg');

const connections = 16; // the best of 4, 8, 16 and 32 on two cores
const pool = new Pool({ max: connections });
const expectedHash = crypto.createHash('sha256').update(process.env.API_KEY).digest();

const take = {
  name: 'take',
  text: `WITH taken AS (
      UPDATE credits SET quantity = quantity - $2 WHERE customer = $1 AND quantity >= $2
      RETURNING customer, quantity)
    INSERT INTO credits_ledger(customer, change, quantity_after)
    SELECT customer, -$2::bigint, quantity FROM taken RETURNING quantity_after`,
};

fastify.addHook('onRequest', async (request, reply) => {
  const given = crypto.createHash('sha256').update(request.headers.authorization || '').digest();
  if (!crypto.timingSafeEqual(given, expectedHash)) return reply.code(401).send({ error: 'no such key' });
});

const schema = {
  body: {
    type: 'object',
    required: ['amount'],
    properties: { amount: { type: 'integer', minimum: 1 } },
  },
};
fastify.post('/customers/:customer/try-decrease', { schema }, async (request) => {
  const { rows } = await pool.query({ ...take, values: [request.params.customer, request.body.amount] });
  return rows.length === 1
    ? { success: true, quantity: Number(rows[0].quantity_after) }
    : { success: false };
});

fastify.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
