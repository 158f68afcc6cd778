-- For wrk: asks for the URLs of a list in turn, and says what came out of it as one line of JSON.
--   wrk … -s benches/urls.lua http://host:port -- LIST [name=value headers …]

local asked, at = {}, 0

function init(args)
  for i = 2, #args do
    local name, value = args[i]:match("^(.-)=(.*)$")
    wrk.headers[name] = value
  end
  for path in io.lines(args[1]) do
    asked[#asked + 1] = wrk.format("GET", path)
  end
end

function request()
  at = at % #asked + 1
  return asked[at]
end

function done(summary, latency)
  local failed = summary.errors
  io.write(string.format(
    '{"requests":%d,"bytes":%d,"took_us":%d,"failed":%d,"p50_us":%d,"p99_us":%d}\n',
    summary.requests, summary.bytes, summary.duration,
    failed.connect + failed.read + failed.write + failed.status + failed.timeout,
    latency:percentile(50), latency:percentile(99)))
end
