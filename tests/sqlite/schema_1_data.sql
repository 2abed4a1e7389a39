-- What the program of schema 1 wrote: two sales, a gift and two checkouts. Ann bought 100 credits a month, which go
-- when the next come; 30 of them are gone, and 20 more in a line that no balance knows yet.
INSERT INTO projects VALUES(1, 'p', 'Project p',
  '{"trusted_domains":["https://app.example.com"],"allow_localhost":true,"block_new_purchases":false,"test_mode":true,"require_publishable_client_key":false,"oidc_issuers":[]}',
  '{"sealed_secret_key":"AAEC","sealed_webhook_secrets":["Aw"],"account_id":"acct_1","livemode":true}', 5);
INSERT INTO projects VALUES(2, 'q', 'Project q',
  '{"trusted_domains":[],"allow_localhost":true,"block_new_purchases":false,"test_mode":false,"require_publishable_client_key":true,"oidc_issuers":[]}',
  '{"sealed_secret_key":"","sealed_webhook_secrets":[],"account_id":"","livemode":false}', 5);
INSERT INTO users VALUES(1, 'ann', 'Ann', NULL, '', 6);
INSERT INTO customers VALUES(1, 0, 'ann', 1, NULL);
INSERT INTO customers VALUES(1, 2, 'thing', 2, NULL);
INSERT INTO item_names VALUES(1, 1, 'credits');
INSERT INTO purchases VALUES(3, 1, 'b1', 1, 'pack',
  '{"display_name":"Pack","customer_type":"user","is_add_on_to":false,"server_only":false,"stackable":false,"prices":{"once":{"amount":500,"currency":"eur","server_only":false}},"included_items":{"credits":{"quantity":100,"repeat":[1,"month"],"expires":"when-repeated"}}}',
  7, 'once', 1, 0, 0, 0, 'pi_1', 1769817600000);
INSERT INTO purchases VALUES(4, 1, 'b2', 2, '',
  '{"display_name":"A gift","customer_type":"custom","is_add_on_to":false,"server_only":false,"stackable":true,"prices":{},"included_items":{}}',
  0, NULL, 2, 0, 0, 2, '', 1769817600500);
INSERT INTO purchases VALUES(8, 1, 'b3', 2, 'pack', (SELECT json_set(product, '$.included_items', json('{}')) FROM purchases WHERE id = 'b1'),
  7, 'once', 1, 0, 1, 1, '', 1769817600600);
INSERT INTO transactions VALUES(2, 1, 't1', 1, 0, 'b1', 500, 'EUR', 'pi_1', 1769817600000);
INSERT INTO transactions VALUES(5, 1, 't2', 2, 1, 'b2', NULL, NULL, '', 1769817600500);
INSERT INTO transactions VALUES(6, 1, 't3', 2, 0, 'b3', 500, 'EUR', '', 1769817600600);
INSERT INTO checkouts VALUES(4, 1, 'c1', 1, 'pack', (SELECT product FROM purchases WHERE id = 'b1'), 7, 'once', 1, 500,
  'EUR', 'https://app.example.com/', 'acct_1', 1, 2, 'cs_1', 'https://pay', 'b1', 1769817500000, 1769817600000, 1);
INSERT INTO checkouts VALUES(9, 1, 'c2', 2, 'pack', (SELECT product FROM purchases WHERE id = 'b1'), 7, 'once', 1, 500,
  'EUR', 'https://app.example.com/', 'acct_1', 1, 1, 'cs_2', 'https://pay', '', 1769817500000, 1769817600000, 1);
INSERT INTO ledger VALUES(1, 1, 1, 0, 100, 100, 2, 1769817600000, 'b1', 1772236800000, 1, NULL);
INSERT INTO ledger VALUES(2, 1, 1, 1, -30, 70, 0, 1769817600100, NULL, NULL, NULL, NULL);
INSERT INTO balances VALUES(1, 1, 2, x'010107468080ae8cca3302623100010262316402010280e0e58ac1330100');
UPDATE meta SET value = 2 WHERE name = 'folded_up_to';
INSERT INTO ledger VALUES(3, 1, 1, 2, -20, 50, 1, 1769817600200, NULL, NULL, NULL, NULL);
INSERT INTO inbox VALUES(1, 1, 'evt_1', 'checkout.session.completed', 'cs_1', '{}', 1, 1, 1, 1, '');
