-- What the instrument's tables hold at power-on, and a function that puts it back: a client that wrote `print = nil` must not spoil the next.
local skipped = ...
local next, type, getmetatable, setmetatable, rawset, rawget, string_meta = next, type, getmetatable, setmetatable, rawset, rawget, getmetatable('')
local seen, list, n = {}, {}, 0

local function walk(t, exact)
  if seen[t] or skipped[t] then return end
  seen[t] = true
  local copy, meta = {}, getmetatable(t)
  for k, v in next, t do copy[k] = v end
  n = n + 1
  list[n] = { t, meta, copy, exact }
  for _, v in next, copy do
    if type(v) == 'table' then walk(v, true) end
  end
  if type(meta) == 'table' then walk(meta, true) end
end

walk(_G, false)
walk(string_meta, true)

return function()
  for k = 1, n do
    local t, copy = list[k][1], list[k][3]
    -- Names that a client made stay, as on the instrument, but only as globals.
    if list[k][4] then
      local key = next(t, nil)
      while key ~= nil do
        local after = next(t, key)
        if copy[key] == nil then rawset(t, key, nil) end
        key = after
      end
    end
    for key, value in next, copy do
      if rawget(t, key) ~= value then rawset(t, key, value) end
    end
  end
  for k = 1, n do
    if getmetatable(list[k][1]) ~= list[k][2] then setmetatable(list[k][1], list[k][2]) end
  end
end
