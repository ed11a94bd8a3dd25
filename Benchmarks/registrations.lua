-- For wrk: POSTs registrations of addresses nobody has seen, each of a profile of its own, and reports as one line of JSON.
--
--     wrk … -s Benchmarks/registrations.lua URL -- FIRST [API_KEY]
--
-- FIRST is the number of the first one: give each run its own range.
local number = 0
local prefix = ""

local body = '{"profile":"customer-%010d","channel":"apns","account":"ios-main","address":"%064x","opt_in":true,'
    .. '"consent":{"source":"app_prompt","topics":["news"]},"language":"fr-FR","app_version":"4.12.0","os":"iOS 17.5.1"}'
local head = "POST /v1/subscriptions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n"

function init(arguments)
    number = tonumber(arguments[1])
    local key = arguments[2] and ("Authorization: Bearer " .. arguments[2] .. "\r\n") or ""
    prefix = string.format(head, key, #string.format(body, 0, 0))
end

function request()
    number = number + 1
    return prefix .. string.format(body, number, number)
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format('{"requests":%d,"seconds":%f,"p50_ms":%f,"p99_ms":%f,"refused":%d,"broken":%d}\n',
        summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
        errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
