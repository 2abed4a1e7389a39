-- What a user of Redis would write: take ARGV[1] from a balance when there is enough. No ledger, no expiry.
local quantity = tonumber(redis.call('GET', KEYS[1]) or '0')
if quantity < tonumber(ARGV[1]) then return -1 end
return redis.call('DECRBY', KEYS[1], ARGV[1])
