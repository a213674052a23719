-- For wrk. Sends the form or the token from the environment. At the end, prints a line that a script can read.

local form, token = os.getenv("FORM"), os.getenv("TOKEN")
if form then
   wrk.method = "POST"
   wrk.body = form
   wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
end
if token then
   wrk.headers["Authorization"] = "Bearer " .. token
end

function done(summary, latency)
   local errors = summary.errors
   local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
   local rate = summary.requests / summary.duration * 1e6
   local p50, p99 = latency:percentile(50) / 1000, latency:percentile(99) / 1000
   print(("RESULT %.1f %.2f %.2f %d"):format(rate, p50, p99, failed))
end
