"""The generic cell rate algorithm (ITU-T I.371) in Redis, for the scripts of those who limit."""

# Goes before a script. One timestamp a key, the theoretical arrival time, which is never before
# `now`. Times are microseconds by Redis's clock; `limit` calls are let through in a `period`, all
# at once too.
GCRA = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local arrival_of = function(key)
  return math.max(tonumber(redis.call('GET', key) or '0'), now)
end
local room_for = function(arrival, limit, period)
  return math.floor((now + period - arrival) / (period / limit) + 0.000001)
end
local wait_after = function(arrival, limit, period)
  return math.ceil(arrival + period / limit - period - now)
end
local keep = function(key, arrival)
  local life = math.ceil((arrival - now) / 1000) + 1
  redis.call('SET', key, string.format('%.3f', arrival), 'PX', life)
end
"""
