"""What an Argo CD application says of itself, in lines for a person."""

from __future__ import annotations

from kube_api import Json


def troubles_of(name: str, found: Json | None, revision: str | None) -> list[str]:
    """Why an application is not synced and healthy; nothing if it is."""
    if found is None:
        return [f"{name}: there is no such application"]
    status = found.get("status", {})
    sync, health = status.get("sync", {}), status.get("health", {})
    operation = status.get("operationState", {})
    state = (sync.get("status"), health.get("status"), operation.get("phase", "Succeeded"))
    here = revision is None or revision in (sync.get("revision"), *sync.get("revisions", ()))
    if state == ("Synced", "Healthy", "Succeeded") and here and "operation" not in found:
        return []
    lines = [f"{name}: {', '.join(map(str, state))} at {sync.get('revision')}"]
    lines += [f"  {one['type']}: {one['message']}" for one in status.get("conditions", ())]
    if operation.get("message"):
        lines.append(f"  operation: {operation['message']}")
    lines += [_trouble(one) for one in status.get("resources", ()) if _trouble(one)]
    return lines


def _trouble(resource: Json) -> str:
    """What is wrong with a resource of an application, if something is."""
    health = resource.get("health", {})
    healthy = health.get("status", "Healthy") == "Healthy"
    if healthy and resource.get("status", "Synced") == "Synced":
        return ""
    said = f"{resource.get('status')}, {health.get('status')} {health.get('message', '')}"
    return f"  {resource['kind']} {resource.get('namespace', '')}/{resource['name']}: {said}"
