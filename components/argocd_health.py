"""When an Application or an ApplicationSet is healthy, in the Lua that Argo CD runs.

Argo CD goes on to the next wave when all of a wave is healthy, and prunes last what the waves no
longer name. An Application that has just been changed still shows the health of what it was: taken
at its word, the cache in use would go before the new one is there.
"""

from __future__ import annotations

from typing import Final

APPLICATION: Final = """\
local function told(health, message)
  return {status = health, message = message}
end

-- What is left out and what is empty are the same to Argo CD.
local function empty(value)
  return value == nil or value == "" or value == false or value == 0
      or (type(value) == "table" and next(value) == nil)
end

local function same(one, other)
  if empty(one) or empty(other) then
    return empty(one) and empty(other)
  end
  if type(one) ~= "table" or type(other) ~= "table" then
    return one == other
  end
  for key, value in pairs(one) do
    if not same(value, other[key]) then
      return false
    end
  end
  for key, value in pairs(other) do
    if one[key] == nil and not empty(value) then
      return false
    end
  end
  return true
end

local status = obj.status or {}
local sync = status.sync or {}
local compared = sync.comparedTo or {}
local health = status.health or {}
local operation = status.operationState or {}

if not same(obj.spec.source, compared.source) or not same(obj.spec.sources, compared.sources) then
  return told("Progressing", "what is asked for now has not been compared yet")
end
if obj.operation ~= nil or operation.phase == "Running" or operation.phase == "Terminating" then
  return told("Progressing", "an operation is running")
end
if health.status == "Degraded" then
  return told("Degraded", health.message or "degraded")
end
if sync.status ~= "Synced" then
  if operation.phase == "Failed" or operation.phase == "Error" then
    return told("Degraded", operation.message or "the last sync failed")
  end
  return told("Progressing", "not synced")
end
if health.status ~= "Healthy" then
  return told("Progressing", health.message or "not healthy yet")
end
return told("Healthy", "synced and healthy")
"""
"""Healthy: synced with what its spec asks for now, healthy in itself, and at rest."""

APPLICATION_SET: Final = """\
local function told(health, message)
  return {status = health, message = message}
end

local status = obj.status or {}
local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end

local failed = conditions.ErrorOccurred
if failed ~= nil and failed.status == "True" then
  return told("Degraded", failed.message or "an error occurred")
end
local made = conditions.ResourcesUpToDate
if made == nil or made.status ~= "True" then
  return told("Progressing", "its Applications are not up to date")
end
local wanted = false
for _, generator in ipairs(obj.spec.generators or {}) do
  wanted = wanted or generator.list == nil or next(generator.list.elements or {}) ~= nil
end
if wanted and next(status.resources or {}) == nil then
  return told("Progressing", "it has no Application yet")
end
for _, application in ipairs(status.resources or {}) do
  local health = (application.health or {}).status
  if health ~= "Healthy" or application.status ~= "Synced" then
    return told("Progressing", application.name .. " is not synced and healthy")
  end
end
return told("Healthy", "all its Applications are synced and healthy")
"""
"""Healthy: its Applications are made, and each is synced and healthy; or its list asks for none."""
