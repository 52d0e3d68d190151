"""Who may have something done by a process that the service manager starts for each connection."""

import pwd


def refusal(caller: str, unit: str, asks: str) -> str:
    """Why whoever is at the standard input is not served, in words; empty for root and the named user.

    `unit` is the socket unit that starts such a process, `asks` what the one that is refused may not do.
    """
    from probes.engine.syn.reaching import caller as at

    try:
        uid = at(0)
    except OSError:
        return f"the standard input is no socket; the unit {unit} starts this"
    try:
        allowed = {0, pwd.getpwnam(caller).pw_uid}
    except KeyError:
        return f"there is no user {caller} on this host"
    return "" if uid in allowed else f"uid {uid} may not {asks}"
